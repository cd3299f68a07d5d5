/** What a device must offer: tensors, and the operations of a step on them. */
package io.sparkmae.model.engine.device;
