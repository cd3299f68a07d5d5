/** Parameter averaging: rounds of local steps, and the exchange of their results in slices. */
package io.sparkmae.job.averaging;
