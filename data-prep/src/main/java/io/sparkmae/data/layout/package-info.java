/** The layouts that image data sets come in, and the readers of their files. */
package io.sparkmae.data.layout;
