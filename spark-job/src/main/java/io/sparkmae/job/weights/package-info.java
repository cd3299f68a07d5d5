/** Reads models that other libraries wrote. */
package io.sparkmae.job.weights;
