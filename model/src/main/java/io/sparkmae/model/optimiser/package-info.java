/** AdamW, its learning rates and its clipping, as DL4J takes them. */
package io.sparkmae.model.optimiser;
