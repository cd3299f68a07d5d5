/** Measures how well classes can be predicted from frozen features. */
package io.sparkmae.job.probe;
