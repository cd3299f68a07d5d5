package io.sparkmae.job.train;

import com.typesafe.config.ConfigFactory;
import io.sparkmae.job.config.ConfigLayers;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.config.RunConfig.Optimiser;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Tower;
import io.sparkmae.model.engine.Engines;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Settings of runs that take seconds. */
final class TinyRun {

  static final MaeConfig MODEL =
      MaeConfig.preset("mae_vit_tiny_patch16")
          .withGeometry(32, 8, 3)
          .withTowers(new Tower(48, 2, 3), new Tower(32, 1, 4));

  private TinyRun() {}

  /** Two epochs of AdamW, batches of 4, averaged every other step. */
  static RunConfig of(String data, int workers) {
    return of(data, workers, Optimiser.ADAMW, 2, 4, 2, 2e-2);
  }

  static RunConfig of(
      String data,
      int workers,
      Optimiser optimiser,
      int epochs,
      int batchSize,
      int averagingFrequency,
      double baseLearningRate) {
    return of(
        data,
        Map.of(
            "train.epochs", epochs,
            "train.batch-size", batchSize,
            "train.workers", workers,
            "train.averaging-frequency", averagingFrequency,
            "train.base-lr", baseLearningRate,
            "train.optimizer", optimiser.name().toLowerCase(Locale.ROOT)));
  }

  /**
   * Half an epoch of warm-up, seed 3, on processors, whose bits are compared; all else as {@code
   * settings} and the defaults say.
   */
  static RunConfig of(String data, Map<String, ?> settings) {
    Map<String, Object> all = new HashMap<>();
    all.put("train.engine", Engines.processors().name().toLowerCase(Locale.ROOT));
    all.putAll(settings);
    all.putAll(Map.of("data.uri", data, "train.warmup-epochs", 0.5, "train.seed", 3));
    RunConfig.Train train =
        ConfigLayers.ofText(ConfigFactory.parseMap(all).root().render()).train();
    return new RunConfig("test", MODEL, train, new RunConfig.Data(data, 0.2, 1));
  }

  /** The same run with several crops of each image. */
  static RunConfig with(RunConfig run, int cropsPerImage) {
    RunConfig.Data data = new RunConfig.Data(run.data().uri(), 0.2, cropsPerImage);
    return new RunConfig(run.modelName(), run.model(), run.train(), data);
  }

  /** The same run with other averaging. */
  static RunConfig with(RunConfig run, RunConfig.Averaging averaging) {
    return new RunConfig(
        run.modelName(),
        run.model(),
        run.train(),
        averaging,
        run.data(),
        new RunConfig.Checkpoints(3, 0, 2));
  }
}
