/** What a run will need, before it starts: memory, traffic, hours, and the command. */
package io.sparkmae.job.plan;
