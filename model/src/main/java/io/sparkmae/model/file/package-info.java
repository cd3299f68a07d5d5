/** Files of tensors, and the names that others give to them. */
package io.sparkmae.model.file;
