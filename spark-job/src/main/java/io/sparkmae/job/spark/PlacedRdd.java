package io.sparkmae.job.spark;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.RDD;
import scala.Tuple2;
import scala.reflect.ClassTag;

/** Makes RDDs of strings with preferred executors. */
public final class PlacedRdd {

  private PlacedRdd() {}

  /**
   * Returns an RDD with one partition for each item.
   *
   * @param locations preferred locations of each item, as Spark names them; empty for any
   */
  // Seq is another class in Scala 2.13, and a list is one in both: the source cannot name its type.
  @SuppressWarnings({"unchecked", "rawtypes"})
  public static JavaRDD<String> of(
      JavaSparkContext spark, List<String> items, List<List<String>> locations) {
    List<Tuple2<String, ?>> placed = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      placed.add(new Tuple2<>(items.get(i), ScalaLists.toScala(locations.get(i))));
    }
    ClassTag<String> strings = ClassTag.apply(String.class);
    RDD<String> rdd =
        spark.sc().makeRDD((scala.collection.immutable.List) ScalaLists.toScala(placed), strings);
    return new JavaRDD<>(rdd, strings);
  }
}
