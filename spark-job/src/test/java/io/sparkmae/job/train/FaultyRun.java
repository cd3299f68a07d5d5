package io.sparkmae.job.train;

import io.sparkmae.job.averaging.OuterStep;
import io.sparkmae.job.averaging.exchange.ExchangePrecision;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.train.Faults.Fault;
import io.sparkmae.job.train.Faults.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.SparkSession;

/**
 * A main program: trains {@link TinyRun} while executors die, in fp32 and in int4; the hash of the
 * parameters on stdout.
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
      for (RunConfig run : runs(args[0])) {
        String precision = run.averaging().exchangePrecision().toString();
        Path notes = Files.createDirectory(Path.of(args[1], precision));
        Trained trained =
            Pretraining.train(
                spark, run, null, Checkpoints.NONE, List.of(new Faults(notes, faults)));
        System.out.println(trained.graph().paramsSha256());
      }
    }
  }

  /** The runs that executors die in. */
  static List<RunConfig> runs(String data) {
    RunConfig run = TinyRun.of(data, 3);
    return List.of(
        run,
        TinyRun.with(
            run, new RunConfig.Averaging(true, 0, false, OuterStep.NONE, ExchangePrecision.INT4)));
  }
}
