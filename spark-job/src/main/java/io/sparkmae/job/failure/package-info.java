/** How a command fails: the sentence for the user, and the exit code. */
package io.sparkmae.job.failure;
