/** How well classes can be read off frozen features. */
package io.sparkmae.job.probe;
