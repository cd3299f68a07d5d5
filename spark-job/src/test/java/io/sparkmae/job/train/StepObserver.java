package io.sparkmae.job.train;

import org.apache.spark.util.CollectionAccumulator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffVertex;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.api.TrainingHook;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Notes what a worker's own graph says of its place in the schedule before each step. */
final class StepObserver implements TrainingHook {

  private static final long serialVersionUID = 1;

  private final CollectionAccumulator<String> seen;

  StepObserver(CollectionAccumulator<String> seen) {
    this.seen = seen;
  }

  static String line(int iteration, int epoch, double learningRate) {
    return "step %d epoch %d rate %.12g".formatted(iteration, epoch, learningRate);
  }

  @Override
  public void preUpdate(MultiDataSet minibatch, Model model) {
    ComputationGraph graph = (ComputationGraph) model;
    SameDiffVertex vertex = (SameDiffVertex) graph.getConfiguration().getVertices().get("norm");
    int iteration = graph.getIterationCount();
    int epoch = graph.getEpochCount();
    seen.add(line(iteration, epoch, vertex.getUpdater().getLearningRate(iteration, epoch)));
  }

  @Override
  public void postUpdate(MultiDataSet minibatch, Model model) {}

  @Override
  public void preUpdate(DataSet minibatch, Model model) {}

  @Override
  public void postUpdate(DataSet minibatch, Model model) {}
}
