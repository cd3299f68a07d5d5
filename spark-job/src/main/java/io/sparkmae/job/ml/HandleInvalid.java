package io.sparkmae.job.ml;

/** What becomes of a row whose image cannot be decoded, or is null. */
enum HandleInvalid {
  /** The job ends with an exception that says why. */
  ERROR,
  /** The row is left out. */
  SKIP,
  /** The row stays, and its features are null. */
  KEEP
}
