package io.sparkmae.job.train;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.CollectionAccumulator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.api.TrainingHook;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * A main program: trains {@link TinyRun} with as many workers as given; on stdout a line for each
 * step of each worker, then the hash of the parameters.
 */
public final class GpuRun {

  private GpuRun() {}

  /** Arguments: the prepared data, and the workers. */
  public static void main(String[] args) throws Exception {
    try (SparkSession spark = SparkSession.builder().appName("gpus").getOrCreate()) {
      CollectionAccumulator<String> seen = spark.sparkContext().collectionAccumulator("steps");
      Trained trained =
          Pretraining.train(
              spark,
              TinyRun.of(args[0], Integer.parseInt(args[1])),
              null,
              Checkpoints.NONE,
              List.of(new Observer(seen)));
      new ArrayList<>(seen.value()).forEach(System.out::println);
      System.out.println(trained.graph().paramsSha256());
    }
  }

  /**
   * What a worker computes a step on.
   *
   * @param share of the round, which is its partition
   * @param graph that lives in the executor
   */
  record Place(int step, int share, String address, String graph) {

    static Place parse(String line) {
      String[] fields = line.split(" ");
      return new Place(
          Integer.parseInt(fields[0]), Integer.parseInt(fields[1]), fields[2], fields[3]);
    }

    /** The executor's process. */
    String process() {
      return graph.split("@")[0];
    }

    @Override
    public String toString() {
      return "%d %d %s %s".formatted(step, share, address, graph);
    }
  }

  private static final class Observer implements TrainingHook {

    private static final long serialVersionUID = 1;

    private final CollectionAccumulator<String> seen;

    Observer(CollectionAccumulator<String> seen) {
      this.seen = seen;
    }

    @Override
    public void preUpdate(MultiDataSet minibatch, Model model) {
      TaskContext task = TaskContext.get();
      Place place =
          new Place(
              ((ComputationGraph) model).getIterationCount(),
              task.partitionId(),
              String.join(",", task.resourcesJMap().get("gpu").addresses()),
              ProcessHandle.current().pid() + "@" + System.identityHashCode(model));
      seen.add(place.toString());
    }

    @Override
    public void postUpdate(MultiDataSet minibatch, Model model) {}

    @Override
    public void preUpdate(DataSet minibatch, Model model) {}

    @Override
    public void postUpdate(DataSet minibatch, Model model) {}
  }
}
