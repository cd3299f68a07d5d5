/**
 * What the job needs of Spark beyond its documented interface, and of Scala: blocks, jobs of their
 * own, executors, signals. Nothing else sees those classes, so that one source compiles for every
 * Spark.
 */
package io.sparkmae.job.spark;
