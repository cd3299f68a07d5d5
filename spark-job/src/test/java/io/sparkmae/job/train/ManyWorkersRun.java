package io.sparkmae.job.train;

import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.config.RunConfig.Optimiser;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Tower;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.CollectionAccumulator;

/**
 * A main program: trains three epochs with more and more workers; for each number of them on stdout
 * a line of what the samples were and the hash of the parameters.
 */
public final class ManyWorkersRun {

  private static final MaeConfig MODEL =
      MaeConfig.preset("mae_vit_tiny_patch16")
          .withGeometry(16, 8, 3)
          .withTowers(new Tower(16, 1, 2), new Tower(16, 1, 2));

  private ManyWorkersRun() {}

  /** Argument: the prepared data. */
  public static void main(String[] args) throws Exception {
    try (SparkSession spark = SparkSession.builder().appName("many workers").getOrCreate()) {
      spark.sparkContext().setLogLevel("WARN");
      for (int averagingFrequency : new int[] {1, 8}) {
        for (int workers : new int[] {2, 32, 64}) {
          System.out.println(train(spark, args[0], workers, averagingFrequency));
        }
      }
    }
  }

  private static String train(SparkSession spark, String data, int workers, int averagingFrequency)
      throws Exception {
    RunConfig tiny = TinyRun.of(data, workers, Optimiser.ADAMW, 3, 2, averagingFrequency, 1e-3);
    RunConfig run = new RunConfig("test", MODEL, tiny.train(), tiny.data());
    CollectionAccumulator<String> pictures = spark.sparkContext().collectionAccumulator();
    Trained trained =
        Pretraining.train(
            spark, run, null, Checkpoints.NONE, List.of(new PictureObserver(pictures)));
    List<String> seen = pictures.value().stream().sorted().toList();
    return "%d workers, %d steps: %d samples, %d different, %x; %s"
        .formatted(
            workers,
            averagingFrequency,
            seen.size(),
            seen.stream().distinct().count(),
            seen.hashCode(),
            trained.graph().paramsSha256());
  }
}
