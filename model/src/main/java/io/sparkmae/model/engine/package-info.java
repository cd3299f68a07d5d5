/** How a training step is planned by hand, forward and backward, over a device. */
package io.sparkmae.model.engine;
