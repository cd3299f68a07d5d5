package io.sparkmae.job.embed;

import io.sparkmae.data.EpochPlan;
import io.sparkmae.data.PatchBatch;
import io.sparkmae.data.PatchReader;
import io.sparkmae.data.PreparedData;
import io.sparkmae.data.RowAddress;
import io.sparkmae.data.image.CentreCrop;
import io.sparkmae.data.image.RandomCrop;
import io.sparkmae.data.image.SampleSeed;
import io.sparkmae.data.image.SampleSeed.Draws;
import io.sparkmae.data.image.View;
import io.sparkmae.job.probe.JavaBlas;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.stream.LongStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Sends every image of a prepared data set through a network, on the executors: its centre, or a
 * random crop.
 */
public final class Inference implements Serializable {

  private static final long serialVersionUID = 1;

  // a task keeps its results in memory until it ends
  private static final int ROWS_PER_TASK = 1024;

  // crops are shuffled among so many, which a task reads from the same row groups
  private static final int ROWS_OF_A_CHUNK = 256;

  private final PreparedData data;
  private final CentreCrop view;
  private final int batchSize;
  private final SerializableConfiguration hadoop;

  /** A network of one task. */
  public interface Network extends AutoCloseable {

    /**
     * Returns a row of numbers for each image.
     *
     * @param patches uint8 [batch, L, P], inside a patch row, column, channel
     */
    float[][] outputs(byte[] patches, int batch);

    @Override
    void close();
  }

  /** Opens the network of a task. */
  @FunctionalInterface
  public interface Opener extends Serializable {

    Network open();
  }

  /**
   * Makes an inference of images that are shown as {@code view}, some at a time.
   *
   * @throws IllegalArgumentException if {@code batchSize} is below 1
   */
  public Inference(
      PreparedData data, CentreCrop view, int batchSize, SerializableConfiguration hadoop) {
    if (batchSize < 1) {
      throw new IllegalArgumentException(
          "Invalid batch-size: " + batchSize + " (must be at least 1)");
    }
    this.data = data;
    this.view = view;
    this.batchSize = batchSize;
    this.hadoop = hadoop;
  }

  /** Returns key, label (long, −1 where there is none) and outputs of each image, lazily. */
  public JavaRDD<Row> rows(JavaSparkContext context, Opener opener) {
    int parts = Math.max(context.defaultParallelism(), (int) (data.rows() / ROWS_PER_TASK) + 1);
    long rows = data.rows();
    List<Long> numbers = LongStream.range(0, parts).boxed().toList();
    return context
        .parallelize(new ArrayList<>(numbers), parts)
        .flatMap(
            part -> rows(addresses(rows * part / parts, rows * (part + 1) / parts), view, opener));
  }

  /**
   * Returns key, label and outputs of a random crop of each image, lazily, in an order of the
   * crop's seed and epoch. The rows do not depend on the number of tasks that run at once.
   */
  public JavaRDD<Row> crops(JavaSparkContext context, Opener opener, RandomCrop crop) {
    long chunk = (long) (ROWS_OF_A_CHUNK + batchSize - 1) / batchSize * batchSize;
    long rows = data.rows();
    int parts = Math.toIntExact((rows + chunk - 1) / chunk);
    List<Long> order = new ArrayList<>(LongStream.range(0, parts).boxed().toList());
    shuffle(order, crop.sampleSeed("order of the chunks"));
    return context
        .parallelize(order, Math.max(1, parts))
        .flatMap(
            part -> {
              List<RowAddress> chosen = addresses(chunk * part, Math.min(rows, chunk * (part + 1)));
              shuffle(chosen, crop.sampleSeed("order of chunk " + part));
              return rows(chosen, crop, opener);
            });
  }

  private static void shuffle(List<?> list, long seed) {
    Draws draws = SampleSeed.stream(seed, 0);
    for (int i = list.size() - 1; i > 0; i--) {
      Collections.swap(list, i, draws.below(i + 1));
    }
  }

  /** Returns the rows [from, to) in the files' order. */
  private List<RowAddress> addresses(long from, long to) {
    return EpochPlan.sequential(data.manifest()).rows(from, to);
  }

  /** Computes rows batch by batch. */
  private Iterator<Row> rows(List<RowAddress> addresses, View shown, Opener opener) {
    JavaBlas.prefer(); // a probe may follow in this executor
    List<Row> rows = new ArrayList<>();
    try (Network network = opener.open();
        PatchReader reader = new PatchReader(data, hadoop.value())) {
      for (int start = 0; start < addresses.size(); start += batchSize) {
        int end = Math.min(start + batchSize, addresses.size());
        PatchBatch batch = reader.read(addresses.subList(start, end), shown);
        float[][] outputs = network.outputs(batch.patches(), batch.size());
        for (int i = 0; i < batch.size(); i++) {
          rows.add(RowFactory.create(batch.keys()[i], (long) batch.labels()[i], outputs[i]));
        }
      }
    }
    return rows.iterator();
  }
}
