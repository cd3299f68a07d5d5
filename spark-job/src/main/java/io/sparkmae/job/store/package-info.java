/** Versions of a model on any Hadoop file system, complete or not there. */
package io.sparkmae.job.store;
