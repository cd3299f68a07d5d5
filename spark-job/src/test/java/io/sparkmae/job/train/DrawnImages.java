package io.sparkmae.job.train;

import io.sparkmae.data.prepare.PrepareJob;
import io.sparkmae.data.prepare.PrepareSettings;
import io.sparkmae.job.LocalSpark;
import io.sparkmae.job.averaging.OuterStep;
import io.sparkmae.job.averaging.exchange.ExchangePrecision;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.config.RunConfig.Optimiser;
import io.sparkmae.job.demo.DemoImages;
import io.sparkmae.job.store.Directory;
import io.sparkmae.model.MaeGraph;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * A session on {@code local[2]} and 40 drawn images, for training; a suite at a time in a process.
 */
abstract class DrawnImages {

  static final int ROWS = 40;

  @TempDir static Path directory;
  static SparkSession spark;
  static Configuration hadoop;
  static String data;

  @BeforeAll
  static void prepareImages() throws Exception {
    spark = LocalSpark.on("local[2]");
    hadoop = spark.sparkContext().hadoopConfiguration();
    String images = directory.resolve("images").toUri().toString();
    data = directory.resolve("data").toUri().toString();
    DemoImages.render(Directory.at(images, hadoop), ROWS / 8, 1);
    PrepareJob.run(spark, new PrepareSettings(List.of(images), data, "folder", 0, 92, 1));
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  static RunConfig run(
      Optimiser optimiser,
      int epochs,
      int batchSize,
      int averagingFrequency,
      double baseLearningRate) {
    return TinyRun.of(data, 2, optimiser, epochs, batchSize, averagingFrequency, baseLearningRate);
  }

  static RunConfig.Averaging in(ExchangePrecision precision) {
    return new RunConfig.Averaging(true, 0, false, OuterStep.NONE, precision);
  }

  static MaeGraph initial(RunConfig run) {
    return MaeGraph.create(run.model(), new Sgd(0.1), 0.05, run.train().seed());
  }

  static double difference(INDArray a, INDArray b) {
    return a.sub(b).amaxNumber().doubleValue();
  }
}
