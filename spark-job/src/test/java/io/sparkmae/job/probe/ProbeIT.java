package io.sparkmae.job.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.data.image.BadData;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

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
    assertThat(NearestNeighbours.probe(train, test, 20)).isEqualTo(all);
    assertThat(LinearProbe.probe(train, test)).isEqualTo(all);
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
    Accuracy first = LinearProbe.probe(train, train);
    for (int run = 0; run < 3; run++) {
      assertThat(LinearProbe.probe(train, train)).isEqualTo(first);
    }
  }

  @Test
  void lengthOfAFeatureDoesNotCountForNeighbours() {
    Dataset<Row> train = rows(row(0, 100, 1), row(1, 0.01, 1));
    assertThat(NearestNeighbours.probe(train, rows(row(0, 1, 0), row(1, 0.1, 9)), 1).top1())
        .isOne();
  }

  @Test
  void nearerNeighboursWeighMore() {
    Dataset<Row> train = rows(row(0, 1, 0), row(1, 1, 2), row(1, 1, 2.1));
    assertThat(NearestNeighbours.probe(train, rows(row(0, 1, 0.1)), 3).top1()).isOne();
    assertThat(NearestNeighbours.probe(train, rows(row(1, 1, 0.1)), 3))
        .isEqualTo(new Accuracy(0, 1, 1));
  }

  @Test
  void classWithoutANeighbourIsNotAmongFive() {
    Dataset<Row> train = rows(row(0, 1, 0), row(1, 0, 1));
    assertThat(NearestNeighbours.probe(train, rows(row(1, 1, 0)), 1).top5()).isZero();
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

    assertThat(NearestNeighbours.probe(train, matched, 1)).isEqualTo(new Accuracy(1, 1, 2));
    assertThatThrownBy(() -> new ClassNames(List.of("a"), List.of("a", "d")).asTrained(test))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no class d");
    assertThat(new ClassNames(List.of(), List.of("a")).asTrained(test)).isSameAs(test);
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
