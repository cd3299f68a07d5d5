/** Weights in the directories that other libraries read. */
package io.sparkmae.job.export;
