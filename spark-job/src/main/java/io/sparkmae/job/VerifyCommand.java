package io.sparkmae.job;

import io.sparkmae.job.failure.ExitCode;
import io.sparkmae.job.spark.Sessions;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.job.store.Verification;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code mae verify}: reads every file of every version against its manifest; exit code 3 if one is
 * broken.
 */
@Command(
    name = "verify",
    description = "Checks every file of a model directory against its manifest.")
final class VerifyCommand implements Callable<Outcome> {

  @Option(
      names = "--model",
      required = true,
      paramLabel = "URI",
      description = "A model directory, or one version in it.")
  private String model;

  @Override
  public Outcome call() throws IOException {
    Verification verification = ModelStore.verify(model, Sessions.hadoop());
    boolean whole = verification.firstBrokenFile() == null;
    return new Outcome(verification, whole ? ExitCode.DONE : ExitCode.BAD_DATA);
  }
}
