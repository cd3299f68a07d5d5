package io.sparkmae.job.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.api.TrainingHook;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Tells this process, which trains, to stop before a step, and gives it time to hear it. */
final class SigtermAt implements TrainingHook {

  private static final long serialVersionUID = 1;

  private final int step;

  SigtermAt(int step) {
    this.step = step;
  }

  @Override
  public void preUpdate(MultiDataSet minibatch, Model model) {
    if (((ComputationGraph) model).getIterationCount() != step) {
      return;
    }
    try {
      String pid = Long.toString(ProcessHandle.current().pid());
      new ProcessBuilder("kill", "-TERM", pid).start().waitFor();
      Thread.sleep(500);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void postUpdate(MultiDataSet minibatch, Model model) {}

  @Override
  public void preUpdate(DataSet minibatch, Model model) {}

  @Override
  public void postUpdate(DataSet minibatch, Model model) {}
}
