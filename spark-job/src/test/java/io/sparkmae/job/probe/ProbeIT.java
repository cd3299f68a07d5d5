package io.sparkmae.job.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.data.image.BadData;
import io.sparkmae.job.store.Directory;
import io.sparkmae.job.store.Json;
import io.sparkmae.job.train.NonFiniteLoss;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProbeIT {

  private static final int CLASSES = 8;
  private static final StructType SCHEMA =
      new StructType()
          .add("key", DataTypes.StringType)
          .add("label", DataTypes.LongType)
          .add("features", DataTypes.createArrayType(DataTypes.FloatType));

  private static SparkSession spark;

  @BeforeAll
  static void startSpark() {
    spark =
        SparkSession.builder()
            .master("local[2]")
            .config("spark.ui.enabled", false)
            .config("spark.driver.host", "localhost")
            .config("spark.sql.shuffle.partitions", 2)
            .getOrCreate();
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  @Test
  void classesInTheirOwnDirectionsAreAllFound() {
    Dataset<Row> train = clusters(20, 1);
    Dataset<Row> test = clusters(5, 2);
    Accuracy all = new Accuracy(1, 1, 5 * CLASSES);
    assertThat(neighbours(train, test, 20)).isEqualTo(all);
    assertThat(LinearProbe.probe(train, test).accuracy()).isEqualTo(all);
    assertThat(PaperProbe.probe(epoch -> crops(train), test, RECIPE).accuracy().top1())
        .isGreaterThan(0.9); // batches of 16 at the full rate are noisy
  }

  /** Of classes that overlap, so that a change of the last bit moves some image over a border. */
  @Test
  void aLinearProbeGivesTheSameAtEveryRun() {
    SplittableRandom random = new SplittableRandom(3);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      double[] feature = new double[16];
      for (int d = 0; d < feature.length; d++) {
        feature[d] = random.nextDouble() + (d == i % CLASSES ? 0.05 : 0);
      }
      rows.add(row(i % CLASSES, feature));
    }
    Dataset<Row> train = rows(rows.toArray(Row[]::new)).repartition(9).cache();
    Accuracy first = LinearProbe.probe(train, train).accuracy();
    for (int run = 0; run < 3; run++) {
      assertThat(LinearProbe.probe(train, train).accuracy()).isEqualTo(first);
    }
  }

  @Test
  void lengthOfAFeatureDoesNotCountForNeighbours() {
    Dataset<Row> train = rows(row(0, 100, 1), row(1, 0.01, 1));
    assertThat(neighbours(train, rows(row(0, 1, 0), row(1, 0.1, 9)), 1).top1()).isOne();
  }

  @Test
  void nearerNeighboursWeighMore() {
    Dataset<Row> train = rows(row(0, 1, 0), row(1, 1, 2), row(1, 1, 2.1));
    assertThat(neighbours(train, rows(row(0, 1, 0.1)), 3).top1()).isOne();
    assertThat(neighbours(train, rows(row(1, 1, 0.1)), 3)).isEqualTo(new Accuracy(0, 1, 1));
  }

  @Test
  void classWithoutANeighbourIsNotAmongFive() {
    Dataset<Row> train = rows(row(0, 1, 0), row(1, 0, 1));
    assertThat(neighbours(train, rows(row(1, 1, 0)), 1).top5()).isZero();
  }

  @Test
  void rowsWithoutLabelsAreLeftOut() {
    assertThat(Accuracy.labelled(rows(row(-1, 1, 0), row(2, 0, 1)), "train").collectAsList())
        .singleElement()
        .satisfies(row -> assertThat(row.getLong(1)).isEqualTo(2));
    assertThatThrownBy(() -> Accuracy.labelled(rows(row(-1, 1, 0)), "train"))
        .isInstanceOf(BadData.class)
        .hasMessageContaining("Rows without a label");
  }

  /** A label is a rank within its own set: without b, c is 1 among the test images. */
  @Test
  void aTestSetThatLacksAClassIsMatchedByName() {
    Dataset<Row> train = rows(row(0, 1, 0, 0), row(1, 0, 1, 0), row(2, 0, 0, 1));
    Dataset<Row> test = rows(row(0, 1, 0, 0), row(1, 0, 0, 1), row(-1, 0, 1, 0));
    ClassNames names = new ClassNames(List.of("a", "b", "c"), List.of("a", "c"));

    Dataset<Row> matched = Accuracy.labelled(names.asTrained(test), "test");

    assertThat(neighbours(train, matched, 1)).isEqualTo(new Accuracy(1, 1, 2));
    assertThatThrownBy(() -> new ClassNames(List.of("a"), List.of("a", "d")).asTrained(test))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no class d");
    assertThat(new ClassNames(List.of(), List.of("a")).asTrained(test)).isSameAs(test);
  }

  @Test
  void thePapersProbeDependsOnItsSeedAlone() {
    Dataset<Row> train = clusters(20, 1);
    Dataset<Row> test = blurred(3);
    PaperRecipe five = new PaperRecipe(5, 1, 0.1, 16, 1, 4);
    Accuracy first = PaperProbe.probe(epoch -> crops(train), test, five).accuracy();
    assertThat(PaperProbe.probe(epoch -> crops(train), test, five).accuracy()).isEqualTo(first);
    JavaRDD<Row> otherwisePartitioned = crops(train).coalesce(1);
    assertThat(PaperProbe.probe(epoch -> otherwisePartitioned, test, five).accuracy())
        .isEqualTo(first);
  }

  @Test
  void thePapersProbeLeavesOutRowsWithoutALabel() {
    Dataset<Row> train = clusters(20, 1);
    Dataset<Row> withOthers = train.union(rows(row(-1, 9, 9, 9, 9, 9, 9, 9, 9)));
    PaperRecipe one = new PaperRecipe(1, 0, 0.1, 0, 1, 0);
    assertThat(PaperProbe.probe(epoch -> crops(withOthers), train, one).accuracy().rows())
        .isEqualTo(20 * CLASSES);
    assertThatThrownBy(
            () -> PaperProbe.probe(epoch -> crops(rows(row(-1, 1, 0), row(1, 1, 0))), train, one))
        .isInstanceOf(BadData.class)
        .hasMessage("1 images with a label to train with (the paper's recipe needs two)");
  }

  @Test
  void aBrokenModelIsNoPerfectOne() {
    Dataset<Row> broken = rows(row(0, Double.NaN, 1), row(1, 1, Double.NaN), row(1, 1, 0));
    assertThatThrownBy(() -> PaperProbe.probe(epoch -> crops(broken), broken, RECIPE))
        .isInstanceOf(NonFiniteLoss.class)
        .hasMessageContaining("lower --base-lr");
    assertThat(neighbours(rows(row(0, 1, 0), row(1, 0, 1)), rows(row(0, Double.NaN, 1)), 1).top1())
        .isZero();
  }

  @Test
  void trainingFeaturesMustFitTheMemory() {
    NearestNeighbours.requireRoom(1000, 1000, 8_000_000);
    assertThatThrownBy(() -> NearestNeighbours.requireRoom(1_281_167, 150_528, 4L << 30))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1281167 features of 150528 numbers");
    assertThatThrownBy(() -> NearestNeighbours.probe(rows(row(0, 1)), rows(row(0, 1)), 1, 0))
        .hasMessage("Invalid temperature: 0.0 (must be positive)");
  }

  /** Two classes in three rows: 0 is found once and taken for 1 once; 2 is unknown. */
  @Test
  void filesTellOfEachClass(@TempDir Path directory) throws Exception {
    Dataset<Row> train = rows(row(0, 1, 0), row(1, 0, 1));
    Dataset<Row> test = rows(row(0, 1, 0.1), row(0, 0.1, 1), row(1, 0, 1), row(2, 0, 1));
    Confusion confusion = NearestNeighbours.probe(train, test, 1, 0.07);
    assertThat(confusion.accuracy()).isEqualTo(new Accuracy(0.5, 0.5, 4));
    assertThat(confusion.meanClassTop1()).isEqualTo((0.5 + 1 + 0) / 3);

    Directory to = Directory.at(directory.toString(), new Configuration());
    assertThat(ProbeFiles.write(to, confusion, List.of("ant", "bee")))
        .containsExactly("accuracy.json", "confusion.json", "confusion.png");
    JsonNode classes = json(directory, "accuracy.json").get("classes");
    assertThat(classes.get(0).toString())
        .isEqualTo("{\"label\":0,\"name\":\"ant\",\"top1\":0.5,\"top5\":0.5,\"rows\":2}");
    assertThat(classes.get(2).get("name").asText()).isEqualTo("2");
    assertThat(json(directory, "confusion.json").toString())
        .isEqualTo("{\"classes\":[\"ant\",\"bee\",\"2\"],\"counts\":[[1,1,0],[0,1,0],[0,1,0]]}");
    assertThat(ImageIO.read(directory.resolve("confusion.png").toFile()).getHeight())
        .isGreaterThan(3 * 40);
    assertThat(confusion.mostMistaken(2, 3)).containsExactly(0, 2);
    assertThat(confusion.mostMistaken(1, 3)).containsExactly(0);
  }

  private static JsonNode json(Path directory, String file) throws Exception {
    return Json.parse(Files.readString(directory.resolve(file)), JsonNode.class);
  }

  private static final PaperRecipe RECIPE = new PaperRecipe(10, 1, 0, 16, 1, 0);

  /** As the job's own crops: features as arrays. */
  private static JavaRDD<Row> crops(Dataset<Row> rows) {
    return rows.javaRDD()
        .map(row -> RowFactory.create(row.getString(0), row.getLong(1), Numbers.of(row, 2)));
  }

  private static Accuracy neighbours(Dataset<Row> train, Dataset<Row> test, int k) {
    return NearestNeighbours.probe(train, test, k, 0.07).accuracy();
  }

  /** Of classes that can hardly be told apart. */
  private static Dataset<Row> blurred(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 50 * CLASSES; i++) {
      double[] feature = new double[CLASSES];
      for (int d = 0; d < CLASSES; d++) {
        feature[d] = random.nextDouble() + (d == i % CLASSES ? 0.1 : 0);
      }
      rows.add(row(i % CLASSES, feature));
    }
    return rows(rows.toArray(Row[]::new));
  }

  private static Dataset<Row> clusters(int perClass, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < perClass * CLASSES; i++) {
      double[] feature = new double[CLASSES];
      for (int d = 0; d < CLASSES; d++) {
        feature[d] = 0.3 * random.nextDouble() + (d == i % CLASSES ? 1 : 0);
      }
      rows.add(row(i % CLASSES, feature));
    }
    return rows(rows.toArray(Row[]::new));
  }

  private static Row row(long label, double... values) {
    List<Float> features = new ArrayList<>();
    for (double value : values) {
      features.add((float) value);
    }
    return RowFactory.create("key", label, features);
  }

  private static Dataset<Row> rows(Row... rows) {
    return spark.createDataFrame(List.of(rows), SCHEMA).repartition(2);
  }
}
