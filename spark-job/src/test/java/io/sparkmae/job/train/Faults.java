package io.sparkmae.job.train;

import io.sparkmae.job.spark.LostBlocks;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.TaskContext;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.api.TrainingHook;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Does once, before a step of a worker, what befalls clusters. */
final class Faults implements TrainingHook {

  private static final long serialVersionUID = 1;

  /** What happens. */
  enum Kind {
    EXCEPTION,
    /** The worker's own executor dies. */
    KILL,
    /** The executor of worker 1 dies when that worker is done and this one is not. */
    KILL_NEIGHBOUR,
    /** What worker 0 left is gone when this one is done. */
    LOSE_RESULT,
    /** The average that the round starts from is gone, for workers that begin later. */
    LOSE_AVERAGE
  }

  /** When and where it happens. */
  record Fault(Kind kind, int step, int worker) implements Serializable {}

  private final String directory;
  private final List<Fault> faults;

  /** Faults, each once: files in {@code directory} say which have been. */
  Faults(Path directory, List<Fault> faults) {
    this.directory = directory.toString();
    this.faults = faults;
  }

  @Override
  public void preUpdate(MultiDataSet minibatch, Model model) {
    int step = ((ComputationGraph) model).getIterationCount();
    int worker = TaskContext.getPartitionId();
    try {
      Files.writeString(pidOf(worker), Long.toString(ProcessHandle.current().pid()));
      for (Fault fault : faults) {
        if (fault.step == step && fault.worker == worker && first(fault)) {
          happen(fault);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void happen(Fault fault) throws IOException, InterruptedException {
    switch (fault.kind) {
      case EXCEPTION -> throw new IllegalStateException("Thrown once, by a test");
      case KILL -> kill(ProcessHandle.current().pid());
      case KILL_NEIGHBOUR -> {
        awaitStep(fault.step, 1);
        Thread.sleep(2_000); // it leaves its result now
        kill(Long.parseLong(Files.readString(pidOf(1))));
      }
      case LOSE_RESULT -> LostBlocks.ofWorker(0);
      case LOSE_AVERAGE -> LostBlocks.ofAverages();
    }
  }

  private void awaitStep(int step, int worker) throws IOException, InterruptedException {
    for (int i = 0; !Files.exists(doneBy(worker, step)); i++) {
      if (i == 600) {
        throw new IllegalStateException("Worker %d never took step %d".formatted(worker, step));
      }
      Thread.sleep(100);
    }
  }

  private static void kill(long pid) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-9", Long.toString(pid)).start().waitFor();
  }

  private boolean first(Fault fault) throws IOException {
    try {
      Files.createFile(Path.of(directory, fault.kind + "-" + fault.step));
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    }
  }

  private Path pidOf(int worker) {
    return Path.of(directory, "pid-" + worker);
  }

  private Path doneBy(int worker, int step) {
    return Path.of(directory, "worker-%d-step-%d".formatted(worker, step));
  }

  @Override
  public void postUpdate(MultiDataSet minibatch, Model model) {
    int step = ((ComputationGraph) model).getIterationCount() - 1;
    try {
      Files.writeString(doneBy(TaskContext.getPartitionId(), step), "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void preUpdate(DataSet minibatch, Model model) {}

  @Override
  public void postUpdate(DataSet minibatch, Model model) {}
}
