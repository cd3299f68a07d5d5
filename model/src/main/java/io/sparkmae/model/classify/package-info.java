/** A classifier on the encoder: how it starts, what it is fed with, what it answers. */
package io.sparkmae.model.classify;
