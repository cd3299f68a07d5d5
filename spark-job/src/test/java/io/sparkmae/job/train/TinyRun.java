package io.sparkmae.job.train;

import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.config.RunConfig.Optimiser;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.config.Tower;

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
    RunConfig.Train train =
        new RunConfig.Train(
            epochs,
            batchSize,
            workers,
            1,
            averagingFrequency,
            baseLearningRate,
            0.5,
            0.05,
            0.9,
            0.95,
            0,
            0,
            3,
            optimiser,
            Engine.AUTO,
            Precision.FP32);
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
