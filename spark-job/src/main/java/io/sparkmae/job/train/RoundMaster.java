package io.sparkmae.job.train;

import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.broadcast.Broadcast;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.spark.api.RDDTrainingApproach;
import org.deeplearning4j.spark.api.Repartition;
import org.deeplearning4j.spark.api.TrainingHook;
import org.deeplearning4j.spark.api.WorkerConfiguration;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.deeplearning4j.spark.impl.paramavg.ParameterAveragingTrainingMaster;
import org.deeplearning4j.spark.impl.paramavg.ParameterAveragingTrainingResult;
import org.deeplearning4j.spark.impl.paramavg.ParameterAveragingTrainingWorker;

/**
 * DL4J's parameter averaging, driven one {@link Round} at a time.
 *
 * <p>It repairs what a schedule and Adam need of the stock master: workers start from the global
 * iteration and epoch instead of 0, moments are averaged with the parameters, and a round's
 * broadcast is released after the round.
 */
final class RoundMaster extends ParameterAveragingTrainingMaster {

  private Round round;
  private Broadcast<AveragedState> state;

  RoundMaster(int workers, int batchSize, int averagingFrequency, List<TrainingHook> hooks) {
    super(
        new Builder(workers, batchSize) // a loaded object is one minibatch
            .batchSizePerWorker(batchSize)
            .averagingFrequency(averagingFrequency)
            .saveUpdater(true) // false, the default, restarts Adam from zero moments every round
            .workerPrefetchNumBatches(0) // its prefetch thread hangs for ever on a loader's error
            .repartionData(Repartition.Never) // the round says who trains what
            .rddTrainingApproach(RDDTrainingApproach.Direct)
            .trainingHooks(hooks));
    storageLevelStreams = null; // nothing is read twice
  }

  /** Trains {@code next}; its paths are in {@code paths}, one partition for each worker. */
  void train(
      Round next, SparkComputationGraph graph, JavaRDD<String> paths, MinibatchLoader loader) {
    round = next;
    place(graph, next.firstStep(), next.epoch());
    graph.fitPaths(paths, loader);
    place(
        graph,
        next.firstStep() + next.steps(),
        next.epoch()); // DL4J counts whole rounds, and each as an epoch
  }

  private static void place(SparkComputationGraph graph, int iteration, int epoch) {
    ComputationGraphConfiguration configuration = graph.getNetwork().getConfiguration();
    configuration.setIterationCount(iteration);
    configuration.setEpochCount(epoch);
  }

  @Override
  public ParameterAveragingTrainingWorker getWorkerInstance(SparkComputationGraph graph) {
    state = graph.getSparkContext().broadcast(new AveragedState(graph.getNetwork()));
    WorkerConfiguration work =
        new WorkerConfiguration(
            true,
            round.batchSize(),
            round.batchSize(),
            averagingFrequency,
            prefetchNumBatches,
            false);
    return new RoundWorker(state, work, trainingHookList);
  }

  @Override
  protected void processResults(
      SparkDl4jMultiLayer network,
      SparkComputationGraph graph,
      JavaRDD<ParameterAveragingTrainingResult> results,
      int splitNumber,
      int totalSplits) {
    try {
      super.processResults(network, graph, results, splitNumber, totalSplits);
    } finally {
      state.destroy();
    }
  }
}
