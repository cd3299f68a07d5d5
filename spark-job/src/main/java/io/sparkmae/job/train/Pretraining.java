package io.sparkmae.job.train;

import static java.util.stream.Collectors.joining;

import io.sparkmae.data.BadData;
import io.sparkmae.data.PreparedData;
import io.sparkmae.job.RunConfig;
import io.sparkmae.job.RunConfig.Train;
import io.sparkmae.job.store.Metric;
import io.sparkmae.model.AdamW;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.WarmupCosine;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;
import org.deeplearning4j.spark.api.TrainingHook;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.ISchedule;

/** A pre-training run: epochs of rounds, each a Spark stage of local steps and an average. */
public final class Pretraining {

  private final JavaSparkContext spark;
  private final RunConfig run;
  private final PreparedData data;
  private final int workers;
  private final Accounting accounting;
  private final List<TrainingHook> hooks = new ArrayList<>();
  private final Progress progress;

  /** What training left: the graph, and how it went. */
  public record Trained(
      MaeGraph graph, List<Metric> metrics, double loss, long images, double imagesPerSecond) {}

  private Pretraining(SparkSession session, RunConfig run, PreparedData data) {
    this.spark = JavaSparkContext.fromSparkContext(session.sparkContext());
    this.run = run;
    this.data = data;
    this.workers = run.train().workers() > 0 ? run.train().workers() : spark.defaultParallelism();
    this.accounting = new Accounting(session.sparkContext());
    this.hooks.add(accounting);
    this.progress = new Progress(run.train().epochs(), data.rows() * run.train().epochs());
  }

  /**
   * Trains on the prepared data that {@code run} names.
   *
   * @throws BadData if there are no images, or one cannot be read
   * @throws NonFiniteLoss if the loss becomes NaN or infinite
   */
  public static Trained train(SparkSession session, RunConfig run) throws IOException {
    return train(session, run, List.of());
  }

  static Trained train(SparkSession session, RunConfig run, List<TrainingHook> observers)
      throws IOException {
    Configuration hadoop = session.sparkContext().hadoopConfiguration();
    PreparedData data = PreparedData.open(run.data().uri(), hadoop);
    if (data.rows() == 0) {
      throw new BadData("No images in " + data.uri() + " (see its rejects, and prepare it again)");
    }
    Pretraining pretraining = new Pretraining(session, run, data);
    pretraining.hooks.addAll(observers);
    return pretraining.train(new SerializableConfiguration(hadoop));
  }

  private Trained train(SerializableConfiguration hadoop) throws IOException {
    Train train = run.train();
    List<List<Round>> epochs = epochs();
    ISchedule schedule = schedule(epochs);
    MaeGraph graph =
        MaeGraph.create(run.model(), updater(schedule), train.weightDecay(), train.seed());
    RoundMaster master =
        new RoundMaster(workers, train.batchSize(), train.averagingFrequency(), hooks);
    SparkComputationGraph onSpark = new SparkComputationGraph(spark, graph, master);
    MinibatchLoader loader = new MinibatchLoader(data, run, hadoop);
    URI fileSystem = new Path(data.uri()).getFileSystem(hadoop.value()).getUri();
    for (List<Round> epoch : epochs) {
      for (Round round : epoch) {
        spark.setJobGroup(
            "epoch " + (round.epoch() + 1),
            "steps %d to %d".formatted(round.firstStep(), round.lastStep()));
        master.train(round, onSpark, paths(round, fileSystem), loader);
        double rate = schedule.valueAt(round.lastStep(), round.epoch());
        progress.completed(round, accounting.images(), accounting.lossSum(), rate);
      }
    }
    spark.clearJobGroup();
    double loss = progress.lossSince(train.epochs() - 1);
    return new Trained(
        graph, progress.metrics(), loss, progress.images(), progress.imagesPerSecond());
  }

  private List<List<Round>> epochs() {
    Train train = run.train();
    List<List<Round>> epochs = new ArrayList<>();
    int step = 0;
    for (int epoch = 0; epoch < train.epochs(); epoch++) {
      List<Round> rounds =
          Round.ofEpoch(
              epoch, step, data.rows(), workers, train.batchSize(), train.averagingFrequency());
      step = rounds.get(rounds.size() - 1).lastStep() + 1;
      epochs.add(rounds);
    }
    return epochs;
  }

  /**
   * Prints the run's arithmetic: effective batch size = batchSize · workers, rate = base ·
   * effectiveBatchSize / 256.
   */
  private ISchedule schedule(List<List<Round>> epochs) {
    Train train = run.train();
    int effectiveBatchSize = train.batchSize() * workers;
    double peak = train.baseLearningRate() * effectiveBatchSize / 256;
    double stepsPerEpoch = epochs.get(0).stream().mapToInt(Round::steps).sum();
    System.err.printf(
        "%d images, %d workers × batch %d = effective batch %d, averaged every %d steps, %.0f steps an epoch; "
            + "rate %.3g × %d / 256 = %.3g after %.1f epochs of warm-up; data %s%n",
        data.rows(),
        workers,
        train.batchSize(),
        effectiveBatchSize,
        train.averagingFrequency(),
        stepsPerEpoch,
        train.baseLearningRate(),
        effectiveBatchSize,
        peak,
        train.warmupEpochs(),
        data.uri());
    return new WarmupCosine(
        peak,
        train.minLearningRate(),
        train.warmupEpochs() * stepsPerEpoch,
        train.epochs() * stepsPerEpoch);
  }

  private IUpdater updater(ISchedule schedule) {
    Train train = run.train();
    return switch (train.optimiser()) {
      case ADAMW -> new AdamW(schedule, train.beta1(), train.beta2(), 1e-8);
      case SGD -> Sgd.builder().learningRateSchedule(schedule).build();
    };
  }

  private JavaRDD<String> paths(Round round, URI fileSystem) {
    List<String> ofWorkers =
        round.workers().stream()
            .map(
                batches ->
                    batches.stream().map(batch -> batch.path(fileSystem)).collect(joining("\n")))
            .toList();
    // One worker an element, one element a partition: parallelize would cut a flat list where it
    // likes.
    return spark
        .parallelize(ofWorkers, ofWorkers.size())
        .flatMap(paths -> paths.lines().iterator());
  }
}
