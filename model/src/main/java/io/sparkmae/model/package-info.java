/** The masked autoencoder: geometry, graph, optimiser, weights; knows no Spark and no images. */
package io.sparkmae.model;
