/** Containers and libraries of pixels, which know nothing of this project's images. */
package io.sparkmae.data.image.codec;
