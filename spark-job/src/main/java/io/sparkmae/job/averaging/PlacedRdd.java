package io.sparkmae.job.averaging;

import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import scala.Tuple2;
import scala.collection.JavaConverters;
import scala.collection.Seq;
import scala.reflect.ClassTag;

/** Makes RDDs of strings with preferred executors. */
public final class PlacedRdd {

  private PlacedRdd() {}

  /**
   * Returns an RDD with one partition for each item.
   *
   * @param locations preferred locations of each item, as Spark names them; empty for any
   */
  public static JavaRDD<String> of(
      JavaSparkContext spark, List<String> items, List<List<String>> locations) {
    List<Tuple2<String, Seq<String>>> placed =
        IntStream.range(0, items.size())
            .mapToObj(i -> new Tuple2<>(items.get(i), seq(locations.get(i))))
            .toList();
    ClassTag<String> strings = ClassTag.apply(String.class);
    return new JavaRDD<>(spark.sc().makeRDD(seq(placed), strings), strings);
  }

  private static <T> Seq<T> seq(List<T> list) {
    return JavaConverters.asScalaBuffer(list).toSeq();
  }
}
