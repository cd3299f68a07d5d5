/** Versions of a model on any Hadoop file system; readers see only complete ones. */
package io.sparkmae.job.store;
