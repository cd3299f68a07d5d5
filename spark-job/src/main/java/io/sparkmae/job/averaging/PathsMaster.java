package io.sparkmae.job.averaging;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.core.storage.StatsStorageRouter;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.deeplearning4j.spark.api.TrainingHook;
import org.deeplearning4j.spark.api.TrainingMaster;
import org.deeplearning4j.spark.api.TrainingResult;
import org.deeplearning4j.spark.api.TrainingWorker;
import org.deeplearning4j.spark.api.stats.SparkTrainingStats;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * The parts of DL4J's interface besides training by paths: hooks are supported, the rest throws.
 */
abstract class PathsMaster
    implements TrainingMaster<TrainingResult, TrainingWorker<TrainingResult>> {

  /** The hooks, which run in the workers before and after every step. */
  final List<TrainingHook> hooks = new ArrayList<>();

  @Override
  public void addHook(TrainingHook hook) {
    hooks.add(hook);
  }

  @Override
  public void removeHook(TrainingHook hook) {
    hooks.remove(hook);
  }

  @Override
  public void executeTraining(SparkDl4jMultiLayer network, JavaRDD<DataSet> data) {
    throw pathsAlone();
  }

  @Override
  public void executeTraining(SparkComputationGraph graph, JavaRDD<DataSet> data) {
    throw pathsAlone();
  }

  @Override
  public void executeTrainingMDS(SparkComputationGraph graph, JavaRDD<MultiDataSet> data) {
    throw pathsAlone();
  }

  static UnsupportedOperationException pathsAlone() {
    return new UnsupportedOperationException(
        "Cannot train on an RDD of data: rounds are planned from minibatches' paths (use SparkComputationGraph.fitPaths)");
  }

  @Override
  public TrainingWorker<TrainingResult> getWorkerInstance(SparkDl4jMultiLayer network) {
    throw pathsAlone();
  }

  @Override
  public TrainingWorker<TrainingResult> getWorkerInstance(SparkComputationGraph graph) {
    throw pathsAlone();
  }

  @Override
  public void setCollectTrainingStats(boolean collect) {} // ignored: every round has its report

  @Override
  public boolean getIsCollectTrainingStats() {
    return false;
  }

  @Override
  public SparkTrainingStats getTrainingStats() {
    return null;
  }

  @Override
  public void setListeners(Collection<TrainingListener> listeners) {
    throw hooksAlone();
  }

  @Override
  public void setListeners(StatsStorageRouter router, Collection<TrainingListener> listeners) {
    throw hooksAlone();
  }

  private static UnsupportedOperationException hooksAlone() {
    return new UnsupportedOperationException(
        "Cannot take listeners: workers call training hooks (use addHook)");
  }

  @Override
  public boolean deleteTempFiles(JavaSparkContext context) {
    return true; // there are no temporary files
  }

  @Override
  public boolean deleteTempFiles(SparkContext context) {
    return true;
  }

  @Override
  public String toJson() {
    return "{}";
  }

  @Override
  public String toYaml() {
    return "";
  }
}
