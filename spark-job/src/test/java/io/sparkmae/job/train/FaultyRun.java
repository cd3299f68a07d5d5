package io.sparkmae.job.train;

import io.sparkmae.job.train.Faults.Fault;
import io.sparkmae.job.train.Faults.Kind;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.SparkSession;

/**
 * A main program: trains {@link TinyRun} while executors die; the hash of the parameters on stdout.
 */
public final class FaultyRun {

  private FaultyRun() {}

  /** Arguments: the prepared data, and a directory for what the faults note. */
  public static void main(String[] args) throws Exception {
    List<Fault> faults =
        List.of(
            new Fault(Kind.EXCEPTION, 1, 1),
            new Fault(Kind.KILL, 3, 2), // in the middle of a round of two steps
            new Fault(Kind.KILL_NEIGHBOUR, 7, 0));
    try (SparkSession spark = SparkSession.builder().appName("faults").getOrCreate()) {
      Trained trained =
          Pretraining.train(
              spark,
              TinyRun.of(args[0], 3),
              null,
              Checkpoints.NONE,
              List.of(new Faults(Path.of(args[1]), faults)));
      System.out.println(trained.graph().paramsSha256());
    }
  }
}
