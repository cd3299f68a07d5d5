/** The trainer: rounds of local steps on the executors, averaged by DL4J's training master. */
package io.sparkmae.job.train;
