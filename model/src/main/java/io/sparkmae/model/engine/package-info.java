/** Plans a training step by hand, forward and backward, on a device. */
package io.sparkmae.model.engine;
