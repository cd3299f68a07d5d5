/** The job in processes of its own: several masters, one result; and what it says when it fails. */
package io.sparkmae.job.cluster;
