/** A trained classifier over prepared data: predictions, and how many are right. */
package io.sparkmae.job.classify;
