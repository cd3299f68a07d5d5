package io.sparkmae.job.train;

import io.sparkmae.job.averaging.AveragingMaster;
import io.sparkmae.job.averaging.RoundReport;
import io.sparkmae.job.spark.PlacedRdd;
import java.net.URI;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;

/**
 * Runs rounds through DL4J's {@code fitPaths}.
 *
 * @param fileSystem of the data
 */
record Rounds(
    JavaSparkContext spark,
    RoundPlan plan,
    URI fileSystem,
    SparkComputationGraph graph,
    AveragingMaster master,
    MinibatchLoader loader) {

  private static final int EARLY = 3; // minibatches of the next round that a worker loads early

  RoundReport train(Round round) {
    ComputationGraphConfiguration place = graph.getNetwork().getConfiguration();
    place.setEpochCount(round.epoch());
    int next = round.lastStep() + 1;
    if (next < plan.steps()) {
      master.announce(plan.at(next).paths(fileSystem, EARLY));
    }
    graph.fitPaths(paths(round), loader);
    place.setEpochCount(round.epoch()); // DL4J counts each call as an epoch
    return master.report();
  }

  /** Returns the paths as one partition per worker, on its executor of the round before. */
  private JavaRDD<String> paths(Round round) {
    List<String> shares =
        round.paths(fileSystem, Integer.MAX_VALUE).stream()
            .map(share -> String.join("\n", share))
            .toList();
    return PlacedRdd.of(
        spark, shares, IntStream.range(0, shares.size()).mapToObj(master::location).toList());
  }
}
