package io.sparkmae.job.averaging;

import io.sparkmae.job.averaging.exchange.Average;
import io.sparkmae.job.averaging.exchange.Results;
import io.sparkmae.job.averaging.exchange.Slices;
import io.sparkmae.job.averaging.exchange.Slices.Slice;
import io.sparkmae.job.averaging.exchange.SparkBlocks;
import io.sparkmae.job.averaging.exchange.State;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A worker that lives in its executor from round to round: its graph, its buffers, and the thread
 * that loads its minibatches.
 *
 * <p>What it computes depends on the last average alone, so any worker of the executor may take any
 * share of a round; with GPUs, the one whose arrays are on the task's own.
 */
final class ResidentWorker implements AutoCloseable {

  // An executor runs tasks on threads of a pool, so the place to stay is the JVM.
  private static final Deque<ResidentWorker> IDLE = new ArrayDeque<>();
  private static final AtomicInteger STARTED = new AtomicInteger();

  private final String configuration;
  private final Compute compute;
  private final int gpu;
  private final Prefetch prefetch;
  private final State state;
  private int share = -1; // of the last round

  private ResidentWorker(WorkerTask.Run run, int gpu, List<String> coming) {
    this.configuration = run.configuration().value();
    this.compute = run.compute();
    this.gpu = gpu;
    this.prefetch = new Prefetch("mae-loader-" + STARTED.getAndIncrement(), gpu);
    prefetch.expect(coming, run.loader().value().value()); // while the graph is made
    this.state = State.create(configuration, run.mae(), run.slices());
    compute.start(state.graph(), gpu);
  }

  /**
   * A worker of that run on this task's GPU.
   *
   * <p>It is the one that had {@code share} last, if that is idle here.
   *
   * @param coming the minibatches that it is going to train
   */
  static ResidentWorker take(WorkerTask.Run run, int share, List<String> coming) {
    int gpu = Gpu.ofTask();
    Gpu.pin(gpu);
    ResidentWorker found = idle(run, share, gpu);
    ResidentWorker worker = found != null ? found : new ResidentWorker(run, gpu, coming);
    worker.share = share;
    return worker;
  }

  private static ResidentWorker idle(WorkerTask.Run run, int share, int gpu) {
    synchronized (IDLE) {
      IDLE.removeIf(worker -> worker.isOfAnotherRun(run));
      List<ResidentWorker> there = IDLE.stream().filter(worker -> worker.gpu == gpu).toList();
      ResidentWorker found =
          there.stream()
              .filter(worker -> worker.share == share)
              .findFirst()
              .orElse(there.isEmpty() ? null : there.get(0));
      IDLE.remove(found);
      return found;
    }
  }

  private boolean isOfAnotherRun(WorkerTask.Run current) {
    if (configuration.equals(current.configuration().value())
        && compute.equals(current.compute())) {
      return false;
    }
    close();
    return true;
  }

  /** Sends this process's idle workers away. */
  static void dismiss() {
    synchronized (IDLE) {
      IDLE.forEach(ResidentWorker::close);
      IDLE.clear();
    }
  }

  /** Lets the next round's task have this worker. */
  void release() {
    synchronized (IDLE) {
      IDLE.add(this);
    }
  }

  State state() {
    return state;
  }

  Prefetch prefetch() {
    return prefetch;
  }

  /**
   * Takes over the last average, and keeps a part of it for others: two workers do for every slice,
   * so that an executor may die. Where results are changes, all that they are changes of.
   *
   * @return false if a slice of it is nowhere
   */
  boolean load(Slices slices, Average average, Results results, int workers) {
    for (Slice slice : slices.averaged(average.withMoments())) {
      if (!SparkBlocks.read(
          SparkBlocks.of(average.id(), slice.index()),
          keeps(slice, workers) || results.areChanges(slice),
          numbers -> state.write(slice, numbers))) {
        return false;
      }
    }
    if (average.outerMomentum() != Average.NONE) {
      keepMomentum(slices, average, workers);
    }
    if (!average.withMoments()) {
      loadOwnMoments(slices, average);
    }
    state.graph().getConfiguration().setIterationCount(average.iteration());
    state.graph().getConfiguration().setEpochCount(average.epoch());
    return true;
  }

  private boolean keeps(Slice slice, int workers) {
    int keeper = slice.index() % workers;
    return keeper == share || (keeper + 1) % workers == share;
  }

  private void keepMomentum(Slices slices, Average average, int workers) {
    for (Slice slice : slices.averaged(false)) {
      if (keeps(slice, workers)) {
        SparkBlocks.read(
            SparkBlocks.of(average.outerMomentum(), slice.index()), true, numbers -> {});
      }
    }
  }

  // Moments that died with an executor begin again at zero, as all do at the start.
  private void loadOwnMoments(Slices slices, Average average) {
    List<Slice> moments = average.ownMoments() == Average.NONE ? List.of() : slices.ofMoments();
    boolean whole = !moments.isEmpty();
    for (Slice slice : moments) {
      whole &=
          SparkBlocks.read(
              SparkBlocks.of(average.ownMoments(), slice.index(), share),
              numbers -> state.write(slice, numbers));
    }
    if (!whole) {
      state.clearMoments();
    }
  }

  /**
   * Leaves slices of this worker's result for those who average, or for its next round.
   *
   * @return false if a slice of the average that it started from is nowhere
   */
  boolean leave(Results results, List<Slice> slices, Average start) {
    Compute.download(state.graph());
    for (Slice slice : slices) {
      if (!results.leave(slice, share, state.read(slice), start)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void close() {
    prefetch.close();
    Compute.stop(state.graph());
    state.close();
  }
}
