package io.sparkmae.job.probe;

import io.sparkmae.data.image.BadData;
import io.sparkmae.job.train.NonFiniteLoss;
import io.sparkmae.model.classify.LinearClassifier;
import io.sparkmae.model.classify.LinearHead;
import io.sparkmae.model.optimiser.WarmupCosine;
import java.util.Iterator;
import java.util.function.IntFunction;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.storage.StorageLevel;

/**
 * Classifies by the paper's linear probe. Each epoch computes the features of new crops on the
 * executors, where they stay, on disk if need be; the driver fetches a partition at a time and
 * trains the head, which is small.
 */
public final class PaperProbe {

  private final PaperRecipe recipe;
  private LinearHead head; // null before the first epoch
  private long rows;

  private PaperProbe(PaperRecipe recipe) {
    this.recipe = recipe;
  }

  /**
   * Trains a head and judges it.
   *
   * @param crops epoch → features of the training images in that epoch's order: key, label (−1
   *     where there is none), features as float[]; equal calls must give equal rows
   * @param test columns label (long) and features (array of float)
   * @throws NonFiniteLoss if the rate is too high
   */
  public static Confusion probe(
      IntFunction<JavaRDD<Row>> crops, Dataset<Row> test, PaperRecipe recipe) {
    JavaSparkContext spark = JavaSparkContext.fromSparkContext(test.sparkSession().sparkContext());
    Broadcast<LinearClassifier> trained = spark.broadcast(new PaperProbe(recipe).train(crops));
    try {
      return Confusion.of(
          test.select("label", "features")
              .javaRDD()
              .map(
                  row ->
                      Accuracy.judge(trained.value().logits(Numbers.of(row, 1)), label(row, 0))));
    } finally {
      trained.destroy();
    }
  }

  private LinearClassifier train(IntFunction<JavaRDD<Row>> crops) {
    for (int epoch = 0; epoch < recipe.epochs(); epoch++) {
      JavaRDD<Row> labelled =
          crops
              .apply(epoch)
              .filter(row -> row.getLong(1) >= 0)
              .persist(StorageLevel.MEMORY_AND_DISK());
      try {
        computeAll(labelled);
        double loss = train(labelled.toLocalIterator(), epoch);
        System.err.printf("epoch %d of %d: loss %.4f%n", epoch + 1, recipe.epochs(), loss);
      } finally {
        labelled.unpersist();
      }
    }
    return head.trained();
  }

  /** Computes all partitions in parallel, which an iterator would compute one by one. */
  private void computeAll(JavaRDD<Row> labelled) {
    long[] counted =
        labelled.aggregate(
            new long[] {0, -1},
            (so, row) -> new long[] {so[0] + 1, Math.max(so[1], row.getLong(1))},
            (a, b) -> new long[] {a[0] + b[0], Math.max(a[1], b[1])});
    if (head == null) {
      rows = counted[0];
      if (rows < 2) {
        throw new BadData(
            "%d images with a label to train with (the paper's recipe needs two)".formatted(rows));
      }
      System.err.printf(
          "training the head on %d images with a label, %d a step%n", rows, recipe.batchOf(rows));
      int dim = Numbers.of(labelled.first(), 2).length;
      head = new LinearHead(dim, Math.toIntExact(counted[1] + 1), recipe.seed());
    }
  }

  /** Trains one epoch; returns the mean loss of its steps. */
  private double train(Iterator<Row> features, int epoch) {
    int steps = recipe.stepsOf(rows);
    WarmupCosine rate =
        new WarmupCosine(
            recipe.peakOf(rows),
            0,
            recipe.warmupEpochs() * steps,
            (double) recipe.epochs() * steps);
    double losses = 0;
    for (int step = 0; step < steps; step++) {
      int size = (int) (rows * (step + 1) / steps - rows * step / steps);
      losses += step(features, size, rate.valueAt(epoch * steps + step, epoch));
    }
    if (!Double.isFinite(losses)) {
      throw new NonFiniteLoss(
          "Non-finite loss in epoch %d of the probe (lower --base-lr, or the model's weights are broken)"
              .formatted(epoch));
    }
    return losses / steps;
  }

  private double step(Iterator<Row> features, int size, double rate) {
    float[][] batch = new float[size][];
    int[] labels = new int[size];
    for (int n = 0; n < size; n++) {
      Row row = features.next();
      batch[n] = Numbers.of(row, 2);
      labels[n] = label(row, 1);
    }
    return head.step(batch, labels, rate);
  }

  private static int label(Row row, int column) {
    return Math.toIntExact(row.getLong(column));
  }
}
