/**
 * The exchange of vectors between executors: slices as Spark blocks, results, averages, and their
 * files.
 */
package io.sparkmae.job.averaging.exchange;
