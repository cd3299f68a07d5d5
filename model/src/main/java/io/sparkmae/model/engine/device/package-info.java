/** The interface of a device: tensors, and the operations of a step on them. */
package io.sparkmae.model.engine.device;
