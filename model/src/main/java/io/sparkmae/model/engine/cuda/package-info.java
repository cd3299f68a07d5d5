/** An NVIDIA GPU as a device: products by cuBLASLt, the rest in kernels of our own. */
package io.sparkmae.model.engine.cuda;
