package io.sparkmae.job.benchmark;

import io.sparkmae.data.image.CentreCrop;
import io.sparkmae.data.image.ImagePatches;
import io.sparkmae.data.image.Undecodable;
import io.sparkmae.job.embed.Features;
import io.sparkmae.job.ml.MaeEncoder;
import io.sparkmae.job.run.EncoderModel;
import io.sparkmae.model.config.FeaturePooling;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Measures {@link MaeEncoder} on image files beside a plain loop over the same files, with as many
 * threads in this process as Spark has tasks: read, decode, encode. The two take turns.
 */
public final class EncoderBenchmark {

  private final SparkSession spark;
  private final Dataset<Row> files;
  private final List<String> paths;
  private final MaeEncoder stage;
  private final EncoderModel model;
  private final int batchSize;
  private final int tasks;

  /**
   * The result of a measurement; rates are images per second of the median pass.
   *
   * @param tasks at a time, and threads of the plain loop
   * @param partitions of the column of images
   * @param ratio the median of Spark's rate over the plain loop's next to it
   * @param lowest of these ratios
   * @param highest of these ratios
   */
  public record Result(
      int images,
      int tasks,
      int partitions,
      int imageSize,
      int batchSize,
      double sparkImagesPerSecond,
      double plainImagesPerSecond,
      double ratio,
      double lowest,
      double highest) {}

  /**
   * Prepares a measurement on this process's cores, such as of {@code local[2]}.
   *
   * @param images a directory of image files
   * @param modelPath the encoder's URI
   * @param imageSize side in pixels; 0 for the size that the model was trained at
   * @param batchSize images at a time
   * @throws IllegalArgumentException if there are no images
   */
  public EncoderBenchmark(
      SparkSession spark, String images, String modelPath, int imageSize, int batchSize)
      throws IOException {
    this.spark = spark;
    Path directory = new Path(images);
    directory.getFileSystem(hadoop()).getFileStatus(directory); // it says what is missing
    this.files = spark.read().format("binaryFile").option("recursiveFileLookup", true).load(images);
    this.paths = files.select("path").as(Encoders.STRING()).collectAsList();
    if (paths.isEmpty()) {
      throw new IllegalArgumentException("Invalid --images: " + images + " (has no file)");
    }
    this.stage =
        new MaeEncoder().setModelPath(modelPath).setImageSize(imageSize).setBatchSize(batchSize);
    this.model = EncoderModel.of(modelPath, hadoop()).at(imageSize);
    this.batchSize = batchSize;
    this.tasks = spark.sparkContext().defaultParallelism();
  }

  /** Measures so many passes of each over all images, after one that is not counted. */
  public Result run(int passes) {
    double[] spark = new double[passes];
    double[] plain = new double[passes];
    for (int pass = -1; pass < passes; pass++) {
      double here = seconds(this::onSpark);
      double there = seconds(this::plainly);
      spark[Math.max(0, pass)] = paths.size() / here;
      plain[Math.max(0, pass)] = paths.size() / there;
      System.err.printf(
          "benchmark: pass %d, %.1f images/s on Spark, %.1f in a plain loop%n",
          pass, paths.size() / here, paths.size() / there);
    }
    double[] ratios = new double[passes];
    Arrays.setAll(ratios, i -> spark[i] / plain[i]);
    for (double[] sorted : List.of(spark, plain, ratios)) {
      Arrays.sort(sorted);
    }
    return new Result(
        paths.size(),
        tasks,
        files.rdd().getNumPartitions(),
        model.config().imageSize(),
        batchSize,
        spark[passes / 2],
        plain[passes / 2],
        ratios[passes / 2],
        ratios[0],
        ratios[passes - 1]);
  }

  private static double seconds(Runnable pass) {
    long start = System.nanoTime();
    pass.run();
    return (System.nanoTime() - start) / 1e9;
  }

  private void onSpark() {
    stage.transform(files).select("features").write().format("noop").mode("overwrite").save();
  }

  private void plainly() {
    ExecutorService threads = Executors.newFixedThreadPool(tasks);
    try {
      List<Future<?>> shares = new ArrayList<>();
      for (int i = 0; i < tasks; i++) {
        List<String> share =
            paths.subList(paths.size() * i / tasks, paths.size() * (i + 1) / tasks);
        shares.add(threads.submit(() -> encode(share)));
      }
      for (Future<?> share : shares) {
        share.get();
      }
    } catch (Exception e) {
      throw new IllegalStateException("The plain loop failed: " + e.getMessage(), e);
    } finally {
      threads.shutdownNow();
    }
  }

  private Void encode(List<String> share) throws IOException, Undecodable {
    var view = new CentreCrop(model.config().imageSize(), model.config().patchSize());
    int length = view.tokens() * view.patchLength();
    byte[] patches = new byte[batchSize * length];
    try (var images = new ImagePatches();
        var features =
            new Features(
                model.config(), model.normalisation(), model.weights(), FeaturePooling.CLS)) {
      for (int from = 0; from < share.size(); from += batchSize) {
        int count = Math.min(batchSize, share.size() - from);
        for (int i = 0; i < count; i++) {
          images.write(bytes(share.get(from + i)), List.of(view), new long[count], i, patches);
        }
        features.outputs(Arrays.copyOf(patches, count * length), count);
      }
    }
    return null;
  }

  private byte[] bytes(String path) throws IOException {
    Path file = new Path(path);
    try (InputStream in = file.getFileSystem(hadoop()).open(file)) {
      return in.readAllBytes();
    }
  }

  private Configuration hadoop() {
    return spark.sparkContext().hadoopConfiguration();
  }
}
