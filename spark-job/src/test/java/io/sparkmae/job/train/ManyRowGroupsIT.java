package io.sparkmae.job.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.data.EpochPlan;
import io.sparkmae.data.PreparedData;
import io.sparkmae.job.LocalSpark;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.config.RunConfig.Optimiser;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a round costs beside its steps, on data of more row groups than ImageNet's. */
class ManyRowGroupsIT {

  private static final int ROW_GROUPS = 5_000;

  @TempDir static Path directory;
  private static SparkSession spark;
  private static PreparedData data;

  @BeforeAll
  static void write() throws Exception {
    spark = LocalSpark.on("local[2]");
    String uri = directory.resolve("data").toUri().toString();
    StructType schema =
        new StructType()
            .add(
                "image",
                new StructType()
                    .add("bytes", DataTypes.BinaryType)
                    .add("path", DataTypes.StringType))
            .add("label", DataTypes.LongType);
    byte[] image = image();
    var rows =
        new JavaSparkContext(spark.sparkContext())
            .parallelize(IntStream.range(0, ROW_GROUPS).boxed().toList(), 100)
            .map(i -> RowFactory.create(RowFactory.create(image, "image " + i), 0L));
    spark
        .createDataFrame(rows, schema)
        .write()
        .option("parquet.block.size", 1)
        .option("parquet.page.size.row.check.min", 1)
        .parquet(uri);
    data = PreparedData.open(uri, spark.sparkContext().hadoopConfiguration());
  }

  private static byte[] image() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB), "png", out);
    return out.toByteArray();
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  @Test
  void whatIsConstantTravelsOnce() throws Exception {
    assertThat(data.manifest().files().stream().mapToInt(file -> file.rowGroups().size()).sum())
        .isGreaterThanOrEqualTo(ROW_GROUPS);
    RunConfig run = TinyRun.of(data.uri(), 2, Optimiser.ADAMW, 1, 16, 1, 1e-3);
    spark.sparkContext().setLogLevel("WARN"); // as deploy/conf does
    RoundCosts costs = RoundCosts.of(spark.sparkContext());
    int rounds = Pretraining.train(spark, run).metrics().size();
    spark.sparkContext().listenerBus().waitUntilEmpty();
    System.out.printf(
        "%d rounds: %d bytes of broadcasts and %.0f ms beside the tasks each%n",
        rounds, costs.broadcastBytes() / rounds, costs.millisecondsBesideTasks());
    assertThat(costs.broadcastBytes() / rounds).isLessThan(20_000);
    assertThat(costs.millisecondsBesideTasks())
        .isLessThan(1000); // of 5 ms on a quiet machine; 170 were seen on a busy one
  }

  @Test
  void anEpochIsPlannedInMilliseconds() {
    long best = Long.MAX_VALUE;
    for (int epoch = 0; epoch < 20; epoch++) {
      long start = System.nanoTime();
      assertThat(EpochPlan.of(data.manifest(), 1, epoch, 64).size()).isEqualTo(data.rows());
      best = Math.min(best, System.nanoTime() - start);
    }
    System.out.printf("an epoch is planned in %.2f ms%n", best / 1e6);
    assertThat(best).isLessThan(1_000_000_000L);
  }
}
