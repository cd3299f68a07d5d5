package io.sparkmae.job;

import io.sparkmae.job.spark.Sessions;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code mae demo}: the whole path in a few minutes, from images to a picture and encoder weights.
 */
@Command(name = "demo", description = "Runs the whole path in a few minutes and draws a picture.")
final class DemoCommand implements Callable<Outcome> {

  @Option(
      names = "--images",
      arity = "1..*",
      paramLabel = "URI",
      description = "Some hundred images of any layout; without them the demo draws its own.")
  private List<String> images = List.of();

  @Option(
      names = "--output",
      defaultValue = "out/demo",
      paramLabel = "DIR",
      description = "Where everything goes.")
  private String output;

  @Option(
      names = "--epochs",
      defaultValue = "0",
      paramLabel = "N",
      description = "How often it sees every image; 0 for as often as it can in two minutes.")
  private int epochs;

  @Override
  public Outcome call() throws IOException {
    if (epochs < 0) {
      throw new IllegalArgumentException("Invalid epochs: " + epochs + " (must be at least 0)");
    }
    return Outcome.done(
        new Demo(output, epochs, Sessions.open("demo"), Sessions.hadoop()).run(images));
  }
}
