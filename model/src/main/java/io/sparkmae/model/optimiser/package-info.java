/** AdamW and its learning rates, as DL4J takes them. */
package io.sparkmae.model.optimiser;
