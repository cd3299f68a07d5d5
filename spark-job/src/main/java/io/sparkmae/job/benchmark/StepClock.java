package io.sparkmae.job.benchmark;

import org.apache.spark.SparkContext;
import org.apache.spark.util.DoubleAccumulator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.spark.api.TrainingHook;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Measures the seconds of the workers' steps, with any master. */
final class StepClock implements TrainingHook {

  private static final long serialVersionUID = 1;

  private final DoubleAccumulator seconds;
  private transient long start;

  StepClock(SparkContext spark) {
    seconds = spark.doubleAccumulator("seconds of steps");
  }

  /** Returns the seconds of steps since the last call, summed over all workers. */
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
