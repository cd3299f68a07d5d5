package io.sparkmae.job.train;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.bytedeco.javacpp.Pointer;

/**
 * A main program: trains {@link TinyRun} on executors, then prints what workers left there, thread
 * names and bytes of native memory, when a second run of another size is done too.
 */
public final class DismissalRun {

  private static final int TASKS = 8; // enough for each executor to get one

  private DismissalRun() {}

  /** Argument: the prepared data. */
  public static void main(String[] args) throws Exception {
    try (SparkSession spark = SparkSession.builder().appName("dismissal").getOrCreate()) {
      JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
      Pretraining.train(spark, TinyRun.of(args[0], 2));
      long first = bytes(context);
      Pretraining.train(spark, TinyRun.of(args[0], 2));
      System.out.println("loaders " + loaders(context));
      System.out.println("grown " + Math.max(0, bytes(context) - first));
    }
  }

  private static Set<String> loaders(JavaSparkContext spark) {
    return new TreeSet<>(
        spark.parallelize(numbers(), TASKS).flatMap(i -> threads().iterator()).collect());
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(Thread::isAlive)
        .map(Thread::getName)
        .filter(name -> name.startsWith("mae-"))
        .toList();
  }

  private static long bytes(JavaSparkContext spark) {
    return spark
        .parallelize(numbers(), TASKS)
        .map(
            i -> {
              System.gc();
              Thread.sleep(500);
              return Pointer.totalBytes();
            })
        .reduce(Math::max);
  }

  private static List<Integer> numbers() {
    return Stream.iterate(0, i -> i + 1).limit(TASKS).toList();
  }
}
