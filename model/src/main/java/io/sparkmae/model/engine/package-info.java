/** The training step written out by hand, forward and backward, over a small device. */
package io.sparkmae.model.engine;
