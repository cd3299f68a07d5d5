package io.sparkmae.job.ml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.job.Commands;
import io.sparkmae.job.LocalSpark;
import io.sparkmae.job.cluster.JavaProcess;
import io.sparkmae.job.cluster.MaeProcess;
import io.sparkmae.job.cluster.SmallData;
import io.sparkmae.job.embed.Embedding;
import io.sparkmae.job.run.EncoderModel;
import io.sparkmae.model.config.FeaturePooling;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.lang3.ArrayUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.classification.LogisticRegression;
import org.apache.spark.ml.feature.StringIndexer;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MaeEncoderIT {

  private static final int FILES = SmallData.ROWS + SmallData.REJECTS;

  @TempDir static Path directory;
  private static SparkSession spark;

  @BeforeAll
  static void train() throws Exception {
    SmallData.draw(at("images"), new Configuration());
    MaeProcess mae = MaeProcess.on("local[2]", directory);
    mae.result(SmallData.prepare(at("images"), at("data")));
    mae.result(SmallData.pretrain(at("data"), at("model")));
    mae.result("embed", "--model", at("model"), "--data", at("data"), "--output", at("embedded"));
    spark = LocalSpark.on("local[2]");
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  @Test
  void featuresAreThoseOfEmbed() {
    assertSameFeatures(spark.read().parquet(at("embedded")), encoder().setBatchSize(5));
  }

  @Test
  void poolingAndSizeAreThoseAskedForOfAnotherLibrarysWeightsToo() throws Exception {
    Commands.result("export", "--model", at("model"), "--output", at("timm"), "--layout", "timm");
    EncoderModel model = EncoderModel.of(at("model"), new Configuration()).at(48);
    Dataset<Row> embedded =
        Embedding.of(
                spark,
                model.config(),
                model.normalisation(),
                model.weights(),
                FeaturePooling.MEAN,
                8)
            .features(at("data"));
    for (String path : List.of(at("model"), at("timm"))) {
      assertSameFeatures(
          embedded, encoder().setModelPath(path).setPooling("mean").setImageSize(48));
    }
  }

  private static void assertSameFeatures(Dataset<Row> embedded, MaeEncoder encoder) {
    Map<String, List<Float>> expected = new HashMap<>();
    for (Row row : embedded.collectAsList()) {
      expected.put(row.getAs("key"), row.getList(row.fieldIndex("features")));
    }
    List<Row> rows = encoder.transform(files(spark, directory)).collectAsList();
    assertThat(rows).hasSize(SmallData.ROWS);
    for (Row row : rows) {
      String path = row.getAs("path");
      String key = expected.keySet().stream().filter(path::endsWith).findFirst().orElseThrow();
      double[] features = row.<Vector>getAs("features").toArray();
      assertThat(features).hasSize(48);
      for (int i = 0; i < features.length; i++) {
        assertThat(features[i]).as(key).isEqualTo(expected.get(key).get(i), within(1e-5));
      }
    }
  }

  @Test
  void sparksImageStructsHaveTheSameFeatures() {
    Map<String, double[]> ofFiles = new HashMap<>();
    encoder()
        .transform(files(spark, directory))
        .collectAsList()
        .forEach(
            row -> ofFiles.put(name(row.getAs("path")), row.<Vector>getAs("features").toArray()));
    Dataset<Row> images = spark.read().format("image").load(at("images") + "/*");
    List<Row> rows =
        encoder().setInputCol("image").setHandleInvalid("skip").transform(images).collectAsList();
    assertThat(rows).hasSize(SmallData.ROWS);
    for (Row row : rows) {
      String path = row.getStruct(row.fieldIndex("image")).getAs("origin");
      assertThat(row.<Vector>getAs("features").toArray())
          .containsExactly(ofFiles.get(name(path)), within(1e-5));
    }
  }

  @Test
  void brokenImagesAreWhatTheParameterSays() {
    Dataset<Row> files = files(spark, directory);
    List<Row> kept = encoder().setHandleInvalid("keep").transform(files).collectAsList();
    assertThat(kept).hasSize(FILES);
    assertThat(kept.stream().filter(row -> row.isNullAt(row.fieldIndex("features"))))
        .singleElement()
        .satisfies(row -> assertThat(row.<String>getAs("path")).endsWith("rings/0001.png"));
    assertThat(encoder().setHandleInvalid("skip").transform(files).count())
        .isEqualTo(SmallData.ROWS);
    assertThatThrownBy(() -> encoder().setHandleInvalid("error").transform(files).collect())
        .hasStackTraceContaining("NOT_AN_IMAGE")
        .hasStackTraceContaining("set handleInvalid to skip or keep");
    Dataset<Row> nulls = files.withColumn("content", functions.lit(null).cast("binary"));
    assertThat(encoder().transform(nulls).count()).isZero();
  }

  @Test
  void aSavedPipelinePredictsTheSameInANewJvm() throws Exception {
    Dataset<Row> files = files(spark, directory);
    PipelineStage[] stages = {
      encoder(),
      new StringIndexer().setInputCol("class").setOutputCol("label"),
      new LogisticRegression().setMaxIter(20)
    };
    PipelineModel fitted = new Pipeline().setStages(stages).fit(files);
    fitted.save(at("pipeline"));
    String here = PredictionRun.predictions(fitted, files);
    assertThat(here.lines()).hasSize(SmallData.ROWS);
    List<String> arguments =
        List.of(
            "-Xmx1g",
            "-cp",
            JavaProcess.classPath(),
            PredictionRun.class.getName(),
            directory.toString());
    try (JavaProcess process = JavaProcess.start(directory, arguments)) {
      assertThat(process.exitCode(Duration.ofMinutes(2))).as(process::err).isZero();
      assertThat(process.out()).isEqualTo(here);
    }
  }

  @Test
  void itsRateIsMeasuredBesideAPlainLoop() throws Exception {
    String[] benchmark = {
      "benchmark", "encoder", "--images", at("images/circles"), "--model", at("model"), "--passes"
    };
    JsonNode result = Commands.result(ArrayUtils.add(benchmark, "2"));
    assertThat(result.get("images").asInt()).isEqualTo(2);
    assertThat(result.get("tasks").asInt()).isEqualTo(2);
    assertThat(result.get("plain_images_per_second").asDouble()).isPositive();
    assertThat(result.get("ratio").asDouble())
        .isPositive()
        .isBetween(result.get("lowest").asDouble(), result.get("highest").asDouble());
    assertThat(Commands.exitCode(ArrayUtils.add(benchmark, "0"))).isEqualTo(2);
    benchmark[3] = at("none");
    assertThat(Commands.exitCode(ArrayUtils.add(benchmark, "1"))).isEqualTo(3);
  }

  @Test
  void badParametersAreToldInOneSentence() {
    Dataset<Row> files = files(spark, directory);
    refused(new MaeEncoder(), files, "Missing modelPath (set it to ");
    refused(encoder().setInputCol("image"), files, "Invalid inputCol: image (must be one of ");
    refused(encoder().setInputCol("path"), files, "Invalid inputCol: path has type string");
    refused(encoder().setOutputCol("path"), files, "Invalid outputCol: path (the input has");
    refused(
        encoder().setPooling("max"), files, "Invalid pooling: max (must be one of [cls, mean])");
    refused(
        encoder().setHandleInvalid("drop"),
        files,
        "Invalid handleInvalid: drop (must be one of [error, skip, keep])");
    refused(encoder().setBatchSize(0), files, "Invalid batchSize: 0 (must be at least 1)");
  }

  private static void refused(MaeEncoder encoder, Dataset<Row> files, String sentence) {
    assertThatThrownBy(() -> encoder.transform(files)).hasMessageContaining(sentence);
  }

  private static MaeEncoder encoder() {
    return new MaeEncoder().setModelPath(at("model")).setHandleInvalid("skip");
  }

  /** The drawn files as Spark reads them, with their directories as classes. */
  static Dataset<Row> files(SparkSession spark, Path directory) {
    return spark
        .read()
        .format("binaryFile")
        .option("recursiveFileLookup", true)
        .load(directory.resolve("images").toString())
        .select("path", "content")
        .withColumn("class", functions.element_at(functions.split(functions.col("path"), "/"), -2));
  }

  private static String name(String path) {
    String[] parts = path.split("/");
    return parts[parts.length - 2] + "/" + parts[parts.length - 1];
  }

  private static String at(String name) {
    return directory.resolve(name).toString();
  }
}
