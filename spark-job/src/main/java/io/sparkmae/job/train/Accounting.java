package io.sparkmae.job.train;

import org.apache.spark.SparkContext;
import org.apache.spark.util.DoubleAccumulator;
import org.apache.spark.util.LongAccumulator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.spark.api.TrainingHook;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Counts on the workers what was really trained: images, and the sum of their losses. */
final class Accounting implements TrainingHook {

  private static final long serialVersionUID = 1;

  private final LongAccumulator images;
  private final DoubleAccumulator lossSum;

  Accounting(SparkContext spark) {
    images = spark.longAccumulator("images");
    lossSum = spark.doubleAccumulator("loss · images");
  }

  @Override
  public void postUpdate(MultiDataSet minibatch, Model model) {
    long size = minibatch.getFeatures(0).size(0);
    images.add(size);
    lossSum.add(size * model.score());
  }

  long images() {
    return images.sum();
  }

  double lossSum() {
    return lossSum.sum();
  }

  @Override
  public void preUpdate(MultiDataSet minibatch, Model model) {}

  @Override
  public void preUpdate(DataSet minibatch, Model model) {}

  @Override
  public void postUpdate(DataSet minibatch, Model model) {}
}
