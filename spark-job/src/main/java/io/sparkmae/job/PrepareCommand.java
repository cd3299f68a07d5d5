package io.sparkmae.job;

import io.sparkmae.data.PrepareJob;
import io.sparkmae.data.PrepareSettings;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mae prepare}: turns images of any layout into a prepared data set. */
@Command(name = "prepare", description = "Turns images of any layout into a prepared data set.")
final class PrepareCommand implements Callable<Outcome> {

  @Option(
      names = "--input",
      required = true,
      arity = "1..*",
      paramLabel = "URI",
      description = "Files, directories or patterns.")
  private List<String> inputs;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "URI",
      description = "The prepared data set.")
  private String output;

  @Option(
      names = "--layout",
      defaultValue = "auto",
      paramLabel = "auto|folder|webdataset|imagenet-tar|tfrecord|sequencefile|parquet",
      description = "How the images lie; auto looks at names and first bytes.")
  private String layout;

  @Option(
      names = "--short-side",
      defaultValue = "0",
      paramLabel = "PIXELS",
      description = "Shrinks images to this short side; 0 keeps their bytes.")
  private int shortSide;

  @Option(
      names = "--quality",
      defaultValue = "92",
      paramLabel = "N",
      description = "JPEG quality of images that are shrunk.")
  private int quality;

  @Option(
      names = "--seed",
      defaultValue = "0",
      paramLabel = "N",
      description = "Decides the shuffle.")
  private long seed;

  @Override
  public Outcome call() {
    PrepareSettings settings =
        new PrepareSettings(inputs, output, layout, shortSide, quality, seed);
    return Outcome.done(PrepareJob.run(Sessions.open("prepare"), settings));
  }
}
