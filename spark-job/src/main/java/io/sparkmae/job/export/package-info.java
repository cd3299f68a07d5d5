/** Exports weights in the formats of other libraries. */
package io.sparkmae.job.export;
