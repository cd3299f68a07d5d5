package io.sparkmae.job;

import io.sparkmae.data.prepare.DataBenchmark;
import io.sparkmae.job.spark.Sessions;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mae benchmark data}: images per second from encoded bytes to patches, by part. */
@Command(
    name = "data",
    description = "Images per second from encoded bytes to normalised patches, by part.")
final class BenchmarkDataCommand implements Callable<Outcome> {

  @Option(
      names = "--data",
      required = true,
      arity = "1..*",
      paramLabel = "URI",
      description = "Images of any layout, or a prepared data set.")
  private List<String> data;

  @Option(
      names = "--count",
      defaultValue = "1000",
      paramLabel = "N",
      description = "At most so many images; they are held in memory.")
  private int count;

  @Option(
      names = "--image-size",
      defaultValue = "224",
      paramLabel = "PIXELS",
      description = "Side of a crop.")
  private int imageSize;

  @Option(
      names = "--patch-size",
      defaultValue = "16",
      paramLabel = "PIXELS",
      description = "Side of a patch.")
  private int patchSize;

  @Option(
      names = "--threads",
      defaultValue = "1",
      paramLabel = "N",
      description = "Readers at once, as of so many tasks.")
  private int threads;

  @Option(
      names = "--decode-threads",
      defaultValue = "1",
      paramLabel = "N",
      description = "Of each reader, as of one task with so many cores.")
  private int decodeThreads;

  @Option(
      names = "--crops-per-image",
      defaultValue = "1",
      paramLabel = "N",
      description = "Crops of an image that is decoded once.")
  private int cropsPerImage;

  @Option(
      names = "--passes",
      defaultValue = "5",
      paramLabel = "N",
      description = "Over all images, after three to warm up.")
  private int passes;

  @Override
  public Outcome call() {
    var settings =
        new DataBenchmark.Settings(
            data, count, imageSize, patchSize, threads, decodeThreads, cropsPerImage, passes);
    return Outcome.done(DataBenchmark.run(settings, Sessions.hadoop()));
  }
}
