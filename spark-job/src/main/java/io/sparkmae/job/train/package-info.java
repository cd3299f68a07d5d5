/**
 * The trainer: rounds of local steps on the executors, averaged behind DL4J's TrainingMaster
 * interface.
 */
package io.sparkmae.job.train;
