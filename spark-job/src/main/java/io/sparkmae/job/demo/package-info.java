/** Labelled images drawn by the program itself, so that a first run needs no data. */
package io.sparkmae.job.demo;
