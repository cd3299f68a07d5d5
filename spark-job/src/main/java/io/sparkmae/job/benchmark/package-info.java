/** What the job's parts cost. */
package io.sparkmae.job.benchmark;
