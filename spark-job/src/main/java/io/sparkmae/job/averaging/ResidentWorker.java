package io.sparkmae.job.averaging;

import io.sparkmae.job.averaging.exchange.Average;
import io.sparkmae.job.averaging.exchange.ExchangePlan;
import io.sparkmae.job.averaging.exchange.Results;
import io.sparkmae.job.averaging.exchange.Slices;
import io.sparkmae.job.averaging.exchange.Slices.Slice;
import io.sparkmae.job.averaging.exchange.State;
import io.sparkmae.job.spark.SparkBlocks;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A worker that stays in its executor between rounds: its graph, its buffers, and the thread that
 * loads its minibatches.
 *
 * <p>Its results depend on the last average alone, so any worker of the executor may take any share
 * of a round; with GPUs, only a worker whose arrays are on the task's GPU.
 */
final class ResidentWorker implements AutoCloseable {

  // Kept per JVM, since an executor runs tasks on changing threads of a pool.
  private static final Deque<ResidentWorker> IDLE = new ArrayDeque<>();
  private static final AtomicInteger STARTED = new AtomicInteger();

  // average → the worker whose graph is all there is of it
  private static final Map<Integer, ResidentWorker> HOLDERS = new ConcurrentHashMap<>();

  private final String configuration;
  private final Compute compute;
  private final int gpu;
  private final Prefetch prefetch;
  private final State state;
  private int share = -1; // in the last round
  private int holds = Average.NONE; // the average that its graph is

  private ResidentWorker(WorkerTask.Run run, int gpu, List<String> coming) {
    this.configuration = run.configuration().value();
    this.compute = run.compute();
    this.gpu = gpu;
    this.prefetch = new Prefetch("mae-loader-" + STARTED.getAndIncrement(), gpu);
    prefetch.expect(coming, run.loader().value().value()); // loads while the graph is made
    this.state = State.create(configuration, run.engine(), run.slices());
    compute.start(state.graph(), gpu);
  }

  /**
   * Returns a worker of the run on this task's GPU: the one that holds the average to start from,
   * an idle one or a new one.
   *
   * <p>An idle worker that had {@code share} last is preferred.
   *
   * @param coming the minibatches that it will train
   */
  static ResidentWorker take(WorkerTask.Run run, int share, Average start, List<String> coming) {
    int gpu = Gpu.ofTask();
    Gpu.pin(gpu);
    ResidentWorker holder = HOLDERS.remove(start.id());
    ResidentWorker found = holder != null ? holder : idle(run, share, gpu);
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

  /** Closes this process's idle workers. */
  static void dismiss() {
    synchronized (IDLE) {
      IDLE.forEach(ResidentWorker::close);
      IDLE.clear();
    }
  }

  /** Makes this worker idle, for the next round's task. */
  void release() {
    synchronized (IDLE) {
      IDLE.add(this);
    }
  }

  /**
   * Keeps its graph as the average of that id, from which its next task goes on: it is not idle.
   */
  void hold(int average) {
    holds = average;
    HOLDERS.put(average, this);
  }

  /**
   * Stores the average that a worker of this process holds as blocks too; does nothing if none
   * holds it.
   */
  static void publish(Average average, Slices slices) {
    ResidentWorker holder = HOLDERS.get(average.id());
    if (holder != null) {
      Compute.download(holder.state.graph());
      for (Slice slice : slices.averaged(true)) {
        SparkBlocks.put(SparkBlocks.of(average.id(), slice.index()), holder.state.read(slice));
      }
    }
  }

  /** Makes the worker that holds an average idle, if there is one in this process. */
  static void letGo(int average) {
    ResidentWorker holder = HOLDERS.remove(average);
    if (holder != null) {
      holder.release();
    }
  }

  int gpu() {
    return gpu;
  }

  State state() {
    return state;
  }

  Prefetch prefetch() {
    return prefetch;
  }

  /**
   * Copies the last average into the graph, and stores some of its slices here: each slice has two
   * such workers, so that one executor may be lost. If results are differences, all slices that
   * they refer to are stored here.
   *
   * @return false if no executor has one of its slices
   */
  boolean load(Slices slices, Average average, Results results, int workers) {
    boolean there = holds == average.id();
    holds = Average.NONE; // the first step changes it
    if (!there && !fetch(slices, average, results, workers)) {
      return false;
    }
    state.graph().getConfiguration().setIterationCount(average.iteration());
    state.graph().getConfiguration().setEpochCount(average.epoch());
    return true;
  }

  private boolean fetch(Slices slices, Average average, Results results, int workers) {
    for (Slice slice : slices.averaged(average.withMoments())) {
      if (!average.read(
          slice,
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
    return true;
  }

  private boolean keeps(Slice slice, int workers) {
    return ExchangePlan.keeps(slice, share, workers);
  }

  private void keepMomentum(Slices slices, Average average, int workers) {
    for (Slice slice : slices.averaged(false)) {
      if (keeps(slice, workers)) {
        SparkBlocks.read(
            SparkBlocks.of(average.outerMomentum(), slice.index()), true, numbers -> {});
      }
    }
  }

  // Moments that were lost with an executor start again at zero, as at the beginning of a run.
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
   * Stores slices of this worker's result as blocks, for averaging or for its own next round.
   *
   * @return false if no executor has a slice of the average that it started from
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
