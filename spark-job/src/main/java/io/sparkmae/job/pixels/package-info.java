/** What the pixels of prepared data are to a model, and to an eye. */
package io.sparkmae.job.pixels;
