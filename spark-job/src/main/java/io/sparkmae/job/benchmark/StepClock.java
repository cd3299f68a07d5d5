package io.sparkmae.job.benchmark;

import org.apache.spark.SparkContext;
import org.apache.spark.util.DoubleAccumulator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.spark.api.TrainingHook;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Seconds that the workers' steps took, whichever master runs them. */
final class StepClock implements TrainingHook {

  private static final long serialVersionUID = 1;

  private final DoubleAccumulator seconds;
  private transient long start;

  StepClock(SparkContext spark) {
    seconds = spark.doubleAccumulator("seconds of steps");
  }

  /** Seconds since the last call, of all workers together. */
  double lap() {
    double sum = seconds.sum();
    seconds.reset();
    return sum;
  }

  @Override
  public void preUpdate(MultiDataSet minibatch, Model model) {
    start = System.nanoTime();
  }

  @Override
  public void postUpdate(MultiDataSet minibatch, Model model) {
    seconds.add((System.nanoTime() - start) / 1e9);
  }

  @Override
  public void preUpdate(DataSet minibatch, Model model) {}

  @Override
  public void postUpdate(DataSet minibatch, Model model) {}
}
