package io.sparkmae.job.train;

import io.sparkmae.job.config.ConfigLayers;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.train.Faults.Fault;
import io.sparkmae.job.train.Faults.Kind;
import io.sparkmae.model.classify.ClassifierStart;
import io.sparkmae.model.config.ClassifierConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.deeplearning4j.spark.api.TrainingHook;

/**
 * A main program: fine-tunes a tiny model with the whole recipe while executors die; the hash of
 * the parameters on stdout.
 */
public final class FaultyFineTuning {

  private static final int WORKERS = 3;
  private static final int CLASSES = 8;

  private FaultyFineTuning() {}

  /** Arguments: the prepared data, and a directory for what the faults note. */
  public static void main(String[] args) throws Exception {
    List<Fault> faults =
        List.of(
            new Fault(Kind.EXCEPTION, 1, 1),
            new Fault(Kind.KILL, 3, 2), // in the middle of a round of two steps
            new Fault(Kind.KILL_NEIGHBOUR, 7, 0));
    try (SparkSession spark = SparkSession.builder().appName("faults").getOrCreate()) {
      System.out.println(train(spark, args[0], List.of(new Faults(Path.of(args[1]), faults))));
    }
  }

  static String train(SparkSession spark, String data, List<TrainingHook> hooks)
      throws IOException {
    RunConfig run = run(data);
    ClassifierConfig classifier = run.fineTune().classifier(run.model(), CLASSES);
    long seed = run.train().seed();
    Task task =
        Task.labelled(run, classifier, ClassifierStart.scratch(classifier, seed), EpochEnd.NONE);
    return Training.train(spark, run, task, WORKERS, null, Checkpoints.NONE, round -> {}, hooks)
        .graph()
        .paramsSha256();
  }

  /** Two epochs, batches of 4, averaged every other step; mixing, augmentation, dropped paths. */
  private static RunConfig run(String data) throws IOException {
    Map<String, Object> settings = new HashMap<>();
    settings.put("finetune.model", "none");
    settings.put("finetune.drop-path", 0.3);
    settings.put("data.uri", data);
    settings.put("train.epochs", 2);
    settings.put("train.batch-size", 4);
    settings.put("train.workers", WORKERS);
    settings.put("train.averaging-frequency", 2);
    settings.put("train.base-lr", 2e-2);
    settings.put("train.seed", 3);
    settings.put("model.name", "mae_vit_tiny_patch16");
    settings.put("model.image-size", 32);
    settings.put("model.patch-size", 8);
    settings.put("model.embed-dim", 48);
    settings.put("model.depth", 2);
    return ConfigLayers.fineTuning(settings, null, new Configuration(), uri -> null);
  }
}
