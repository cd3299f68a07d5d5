/** The processor as a device: products and attention by oneDNN, the rest in loops over memory. */
package io.sparkmae.model.engine.onednn;
