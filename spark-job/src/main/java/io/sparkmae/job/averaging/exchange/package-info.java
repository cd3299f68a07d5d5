/** Vectors between executors: slices as blocks of Spark's, results, averages, and their files. */
package io.sparkmae.job.averaging.exchange;
