/** Pages about runs, one file each, that need no network. */
package io.sparkmae.job.report;
