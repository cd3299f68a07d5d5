/** The job on the file systems of a cluster. */
package io.sparkmae.job.storage;
