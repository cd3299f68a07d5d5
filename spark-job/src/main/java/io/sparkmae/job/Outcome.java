package io.sparkmae.job;

/**
 * What a command came to.
 *
 * @param result becomes the JSON line on stdout: a record or a map
 * @param exitCode one of {@link ExitCode}
 */
record Outcome(Object result, int exitCode) {

  static Outcome done(Object result) {
    return new Outcome(result, ExitCode.DONE);
  }
}
