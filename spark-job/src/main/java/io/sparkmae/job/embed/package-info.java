/** From images to features: a trained encoder over prepared data. */
package io.sparkmae.job.embed;
