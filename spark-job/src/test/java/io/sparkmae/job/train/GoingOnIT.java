package io.sparkmae.job.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.job.averaging.OuterStep;
import io.sparkmae.job.averaging.exchange.BrokenState;
import io.sparkmae.job.averaging.exchange.ExchangePrecision;
import io.sparkmae.job.averaging.exchange.StoredState.Vector;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.config.RunConfig.Optimiser;
import io.sparkmae.job.train.Faults.Fault;
import io.sparkmae.job.train.Faults.Kind;
import io.sparkmae.model.EngineGraph;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Runs that lose results or averages, or that are stopped, and how they go on. */
class GoingOnIT extends DrawnImages {

  @ParameterizedTest
  @EnumSource(names = {"FP32", "INT4"})
  void aResultThatWasLostIsTrainedAgain(ExchangePrecision precision) throws Exception {
    RunConfig run = TinyRun.with(run(Optimiser.ADAMW, 2, 4, 2, 1e-2), in(precision));
    String undisturbed = Pretraining.train(spark, run).graph().paramsSha256();
    assertThat(withFault(run, Kind.LOSE_RESULT, 6, 1, "workers [0] lost their results").graph())
        .extracting(EngineGraph::paramsSha256)
        .isEqualTo(undisturbed);
  }

  @Test
  void anAverageThatWasLostIsComputedAgainFromTheLastCheckpoint() throws Exception {
    RunConfig run = TinyRun.of(data, 3); // two at a time: the third begins when it is lost
    Trained undisturbed = Pretraining.train(spark, run);
    Trained trained =
        withFault(run, Kind.LOSE_AVERAGE, 4, 0, "the run goes on by itself, going back to step 0");
    assertThat(trained.graph().paramsSha256()).isEqualTo(undisturbed.graph().paramsSha256());
    assertThat(trained.images()).isEqualTo(2 * ROWS);
    assertThat(trained.metrics()).hasSameSizeAs(undisturbed.metrics());
  }

  @ParameterizedTest
  @EnumSource(names = {"FP32", "INT4"})
  void anAverageThatWasLostIsReadAgainFromTheLastCheckpoint(ExchangePrecision precision)
      throws Exception {
    RunConfig run = TinyRun.with(TinyRun.of(data, 3), in(precision)); // every 3 rounds
    KeptVersions kept = new KeptVersions(directory);
    String undisturbed =
        Pretraining.train(spark, run, null, kept, List.of()).graph().paramsSha256();
    int first = kept.points().get(0).state().iteration();
    Trained trained =
        withFault(run, kept, Kind.LOSE_AVERAGE, first, 0, "going back to step " + first);
    assertThat(trained.graph().paramsSha256()).isEqualTo(undisturbed);
  }

  @Test
  void aStateThatWasChangedIsRefusedByItsVersion() throws Exception {
    RunConfig run = TinyRun.with(run(Optimiser.ADAMW, 2, 4, 2, 1e-2), RunConfig.Averaging.PLAIN);
    KeptVersions kept = new KeptVersions(directory);
    Pretraining.train(spark, run, null, kept, List.of());
    ResumePoint point = kept.points().get(0);
    kept.changeAByte(point);
    assertThatThrownBy(() -> Pretraining.train(spark, run, point, Checkpoints.NONE, List.of()))
        .isInstanceOf(BrokenState.class)
        .hasMessageContaining("is not as its manifest says")
        .extracting(e -> ((BrokenState) e).version())
        .isEqualTo(point.version());
  }

  @ParameterizedTest
  @EnumSource
  void momentsOfTheirOwnAndAnOuterStepGoOnFromACheckpointToTheSameBits(ExchangePrecision precision)
      throws Exception {
    RunConfig.Averaging diloco =
        new RunConfig.Averaging(false, 0, true, new OuterStep(0.7, 0.9), precision);
    RunConfig run = TinyRun.with(run(Optimiser.ADAMW, 3, 4, 2, 1e-2), diloco);
    KeptVersions kept = new KeptVersions(directory);
    Trained whole = Pretraining.train(spark, run, null, kept, List.of());
    assertThat(kept.points()).hasSizeGreaterThan(1);
    for (ResumePoint from : kept.points()) {
      Trained resumed = Pretraining.train(spark, run, from, Checkpoints.NONE, List.of());
      assertThat(resumed.graph().paramsSha256()).isEqualTo(whole.graph().paramsSha256());
      assertThat(resumed.images()).isEqualTo(3 * ROWS);
      assertThat(resumed.loss()).isEqualTo(whole.loss());
    }
    Trained plain = Pretraining.train(spark, run(Optimiser.ADAMW, 3, 4, 2, 1e-2));
    assertThat(plain.graph().paramsSha256()).isNotEqualTo(whole.graph().paramsSha256());
  }

  @Test
  void aSingleWorkerGoesOnFromACheckpointAndFromAStopToTheSameBits() throws Exception {
    RunConfig run = TinyRun.with(TinyRun.of(data, 1), RunConfig.Averaging.PLAIN);
    KeptVersions kept = new KeptVersions(directory);
    Trained whole = Pretraining.train(spark, run, null, kept, List.of());
    KeptVersions stopped = new KeptVersions(directory);
    assertThatThrownBy(
            () -> Pretraining.train(spark, run, null, stopped, List.of(new SigtermAt(11))))
        .isInstanceOf(Stopped.class)
        .hasMessageContaining("before step 12");
    List<ResumePoint> points = new ArrayList<>(kept.points());
    points.add(stopped.newest());
    assertThat(points).extracting(point -> point.state().iteration()).contains(6, 12);
    for (ResumePoint from : points) {
      KeptVersions again = new KeptVersions(directory);
      Trained resumed = Pretraining.train(spark, run, from, again, List.of());
      assertThat(resumed.graph().paramsSha256()).isEqualTo(whole.graph().paramsSha256());
      assertThat(again.last(Vector.MOMENTS)).isEqualTo(kept.last(Vector.MOMENTS));
      assertThat(resumed.images()).isEqualTo(2 * ROWS);
      assertThat(resumed.loss()).isEqualTo(whole.loss());
    }
  }

  @ParameterizedTest
  @CsvSource({"BF16, 0.1", "INT4, 1"})
  void roundedChangesAreNearlyTheSameAndGoOnFromACheckpointToTheSameBits(
      ExchangePrecision precision, double share) throws Exception {
    RunConfig plain = run(Optimiser.ADAMW, 3, 4, 2, 1e-2);
    RunConfig run = TinyRun.with(plain, in(precision));
    KeptVersions kept = new KeptVersions(directory);
    Trained whole = Pretraining.train(spark, run, null, kept, List.of());
    for (ResumePoint from : kept.points()) {
      Trained resumed = Pretraining.train(spark, run, from, Checkpoints.NONE, List.of());
      assertThat(resumed.graph().paramsSha256()).isEqualTo(whole.graph().paramsSha256());
    }
    INDArray exact = Pretraining.train(spark, plain).graph().params();
    double moved = difference(exact, initial(run).params());
    assertThat(difference(whole.graph().params(), exact)).isBetween(1e-7, share * moved);
  }

  private static Trained withFault(RunConfig run, Kind kind, int step, int worker, String said)
      throws Exception {
    return withFault(run, Checkpoints.NONE, kind, step, worker, said);
  }

  private static Trained withFault(
      RunConfig run, Checkpoints checkpoints, Kind kind, int step, int worker, String said)
      throws Exception {
    Path notes = Files.createTempDirectory(directory, "faults");
    Faults faults = new Faults(notes, List.of(new Fault(kind, step, worker)));
    PrintStream stderr = System.err;
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    try {
      return Pretraining.train(spark, run, null, checkpoints, List.of(faults));
    } finally {
      System.setErr(stderr);
      assertThat(err.toString(StandardCharsets.UTF_8)).contains(said);
    }
  }
}
