package io.sparkmae.job.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.data.prepare.PrepareJob;
import io.sparkmae.data.prepare.PrepareSettings;
import io.sparkmae.job.LocalSpark;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.demo.DemoImages;
import io.sparkmae.job.store.Directory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;

/** 40 drawn images, so that the last minibatch of an epoch has parts of two sizes. */
class GradientAccumulationIT {

  @TempDir private static Path directory;

  private static RunConfig run(String data, int batchSize, int accumulation, double maxNorm) {
    return TinyRun.of(
        data,
        Map.of(
            "train.epochs",
            2,
            "train.batch-size",
            batchSize,
            "train.workers",
            2,
            "train.gradient-accumulation",
            accumulation,
            "train.base-lr",
            2e-1,
            "train.clip-grad",
            maxNorm,
            "train.optimizer",
            "sgd"));
  }

  @Test
  void accumulatedMinibatchesTrainWhatLargeOnesDo() throws Exception {
    SparkSession spark = LocalSpark.on("local[2]");
    try {
      var hadoop = spark.sparkContext().hadoopConfiguration();
      String images = directory.resolve("images").toUri().toString();
      String data = directory.resolve("data").toUri().toString();
      DemoImages.render(Directory.at(images, hadoop), 5, 1);
      PrepareJob.run(spark, new PrepareSettings(List.of(images), data, "folder", 0, 92, 1));
      for (double maxNorm : new double[] {0, 0.05}) {
        Trained inParts = Pretraining.train(spark, run(data, 4, 3, maxNorm));
        Trained atOnce = Pretraining.train(spark, run(data, 12, 1, maxNorm));
        INDArray params = inParts.graph().params();
        INDArray difference = params.sub(atOnce.graph().params());
        assertThat(difference.amaxNumber().doubleValue()).isLessThan(1e-6);
        assertThat(inParts.graph().getIterationCount())
            .isEqualTo(atOnce.graph().getIterationCount());
      }
    } finally {
      spark.stop();
    }
  }
}
