package io.sparkmae.job.embed;

import io.sparkmae.data.EpochPlan;
import io.sparkmae.data.PatchBatch;
import io.sparkmae.data.PatchReader;
import io.sparkmae.data.PreparedData;
import io.sparkmae.data.image.CentreCrop;
import io.sparkmae.job.probe.JavaBlas;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.LongStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.util.SerializableConfiguration;

/** Sends the centre of every image of a prepared data set through a network, on the executors. */
public final class Inference implements Serializable {

  private static final long serialVersionUID = 1;

  // a task keeps its results in memory until it ends
  private static final int ROWS_PER_TASK = 1024;

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

  /** Makes an inference of images that are shown as {@code view}, some at a time. */
  public Inference(
      PreparedData data, CentreCrop view, int batchSize, SerializableConfiguration hadoop) {
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
        .flatMap(part -> rows(rows * part / parts, rows * (part + 1) / parts, opener));
  }

  /** Computes the rows [from, to) in the files' order, batch by batch. */
  private Iterator<Row> rows(long from, long to, Opener opener) {
    JavaBlas.prefer(); // a probe may follow in this executor
    EpochPlan plan = EpochPlan.sequential(data.manifest());
    List<Row> rows = new ArrayList<>();
    try (Network network = opener.open();
        PatchReader reader = new PatchReader(data, hadoop.value())) {
      for (long start = from; start < to; start += batchSize) {
        PatchBatch batch = reader.read(plan.rows(start, Math.min(start + batchSize, to)), view);
        float[][] outputs = network.outputs(batch.patches(), batch.size());
        for (int i = 0; i < batch.size(); i++) {
          rows.add(RowFactory.create(batch.keys()[i], (long) batch.labels()[i], outputs[i]));
        }
      }
    }
    return rows.iterator();
  }
}
