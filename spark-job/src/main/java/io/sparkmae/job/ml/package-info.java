/** The encoder as a stage of Spark ML pipelines. */
package io.sparkmae.job.ml;
