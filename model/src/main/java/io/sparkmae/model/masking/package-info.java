/** Which patches of an image the encoder sees. */
package io.sparkmae.model.masking;
