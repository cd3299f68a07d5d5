package io.sparkmae.job.run;

import io.sparkmae.data.PreparedData;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.pixels.DataPixels;
import io.sparkmae.job.probe.ClassNames;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.job.track.Tracker;
import io.sparkmae.job.train.EpochEnd;
import io.sparkmae.job.train.Task;
import io.sparkmae.model.classify.ClassifierStart;
import io.sparkmae.model.config.ClassifierConfig;
import io.sparkmae.model.config.Normalisation;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A fine-tuning run and its model directory: from the last checkpoint to the final version. */
public final class FineTuneRun {

  private final SparkSession spark;
  private final RunConfig run;
  private final String output;
  private final Configuration hadoop;
  private final Tracker tracker;

  /**
   * Makes a run of settings that fine-tune, which tells {@code tracker} of its rounds and epochs.
   *
   * @throws IllegalArgumentException if the output is the model that it starts from
   */
  public FineTuneRun(SparkSession spark, RunConfig run, String output, Tracker tracker)
      throws IOException {
    this.tracker = tracker;
    this.spark = spark;
    this.run = run;
    this.output = output;
    this.hadoop = spark.sparkContext().hadoopConfiguration();
    if (!run.fineTune().isFromScratch()) {
      ModelStore.requireApart(output, run.fineTune().model(), "the model's", hadoop);
    }
  }

  /**
   * Trains and writes versions; the last is the result.
   *
   * @param resume whether to continue from the newest version if that is a checkpoint
   * @throws IllegalArgumentException if the checkpoint is of another run, the data has no classes,
   *     or the test set has others
   */
  public FineTuneResult train(boolean resume) throws IOException {
    PreparedData data = PreparedData.open(run.data().uri(), hadoop);
    DataPixels.requireSame(data, Normalisation.IMAGENET);
    requireLabels(data);
    List<String> classes = classes(data);
    ClassifierConfig classifier = run.fineTune().classifier(run.model(), classes.size());
    TestAccuracy accuracy = null;
    if (!run.fineTune().test().isEmpty()) {
      PreparedData test = PreparedData.open(run.fineTune().test(), hadoop);
      DataPixels.requireSame(test, Normalisation.IMAGENET);
      new ClassNames(classes, test.classes()).requireKnown();
      accuracy = new TestAccuracy(spark, test, classes, run.train().batchSize(), tracker);
    }
    EpochEnd epochEnd = accuracy == null ? EpochEnd.NONE : accuracy;
    Task task = Task.labelled(run, classifier, start(classifier), epochEnd);
    FineTunedVersions versions = new FineTunedVersions(spark, run, classes, task, accuracy);
    return new TrainingRun<>(spark, run, output, tracker, versions).train(resume);
  }

  /** Throws before anything is trained; data that an older version prepared is not counted. */
  private static void requireLabels(PreparedData data) {
    Long unlabelled = data.manifest().unlabelled();
    if (unlabelled != null && unlabelled > 0) {
      throw new IllegalArgumentException(
          "Cannot fine-tune on %s: %d of its %d images have no label (prepare the labelled ones alone)"
              .formatted(data.uri(), unlabelled, data.rows()));
    }
  }

  private Map<String, INDArray> start(ClassifierConfig classifier) throws IOException {
    long seed = run.train().seed();
    if (run.fineTune().isFromScratch()) {
      return ClassifierStart.scratch(classifier, seed);
    }
    EncoderModel encoder = EncoderModel.of(run.fineTune().model(), hadoop);
    if (!encoder.normalisation().equals(Normalisation.IMAGENET)) {
      System.err.printf(
          "starting from %s, which knows pixels by mean %s and deviation %s: this run normalises by ImageNet's%n",
          run.fineTune().model(),
          encoder.normalisation().mean(),
          encoder.normalisation().deviation());
    }
    return ClassifierStart.of(classifier, encoder.at(run.model().imageSize()).weights(), seed);
  }

  /** Returns the names of the data's classes, or numbers if they are given by number alone. */
  private List<String> classes(PreparedData data) {
    int asked = run.fineTune().classes();
    int named = data.classes().size();
    if (named == 0 && asked == 0) {
      throw new IllegalArgumentException(
          "Cannot fine-tune on %s: it names no classes (prepare labelled images, or give --set finetune.classes=N)"
              .formatted(data.uri()));
    }
    if (named > 0 && asked > 0 && named != asked) {
      throw new IllegalArgumentException(
          "Invalid finetune.classes: %d (must be %d, the classes of the data, or 0)"
              .formatted(asked, named));
    }
    return named > 0
        ? data.classes()
        : IntStream.range(0, asked).mapToObj(Integer::toString).toList();
  }
}
