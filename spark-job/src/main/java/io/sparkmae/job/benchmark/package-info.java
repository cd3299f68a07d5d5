/** Measurements that anyone can repeat. */
package io.sparkmae.job.benchmark;
