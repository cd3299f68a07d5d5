package io.sparkmae.job;

import io.sparkmae.job.failure.ExitCode;

/**
 * The outcome of a command.
 *
 * @param result a record or a map, printed as the JSON line on stdout
 * @param exitCode one of {@link ExitCode}
 */
record Outcome(Object result, int exitCode) {

  static Outcome done(Object result) {
    return new Outcome(result, ExitCode.DONE);
  }
}
