/** The way from images of any channels, such as arrays and TIFFs, to crops and patches. */
package io.sparkmae.data.channels;
