/** An NVIDIA GPU as a device: products by cuBLASLt, the rest by kernels of this project. */
package io.sparkmae.model.engine.cuda;
