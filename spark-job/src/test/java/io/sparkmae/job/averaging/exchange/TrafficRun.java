package io.sparkmae.job.averaging.exchange;

import io.sparkmae.job.benchmark.AveragingBenchmark;
import io.sparkmae.job.spark.SparkBlocks;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.SparkSession;

/** Counts on three executors what rounds fetched from others: the difference of four and two. */
final class TrafficRun {

  static final int EXECUTORS = 3;
  static final long PARAMETERS = 6_000_000;
  private static final int LOOKUPS = 3000;
  private static final int TASKS = 100;
  private static final int CALLS = 50;
  private static final List<Integer> NUMBERS = IntStream.range(0, TASKS).boxed().toList();

  private TrafficRun() {}

  public static void main(String[] args) throws Exception {
    try (SparkSession session = SparkSession.builder().getOrCreate()) {
      JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
      for (ExchangePrecision precision : ExchangePrecision.values()) {
        long two = fetched(session, spark, precision, 2);
        long four = fetched(session, spark, precision, 4);
        System.out.printf("%s %d%n", precision, (four - two) / 2);
      }
      onEach(spark, new Lookups());
      long before = cpu();
      onEach(spark, new Lookups());
      long lookups = cpu() - before;
      spark.parallelize(NUMBERS, TASKS).mapPartitions(new Nothing()).count();
      before = cpu();
      spark.parallelize(NUMBERS, TASKS).mapPartitions(new Nothing()).count();
      System.out.printf(
          "the driver's processor: %.0f us a lookup, %.2f ms a task%n",
          lookups / 1e3 / EXECUTORS / LOOKUPS, (cpu() - before) / 1e6 / TASKS);
    }
  }

  private static long fetched(
      SparkSession session, JavaSparkContext spark, ExchangePrecision precision, int rounds) {
    long before = fetched(spark);
    new AveragingBenchmark(session, PARAMETERS, EXECUTORS, rounds, false, precision).run(false);
    return fetched(spark) - before;
  }

  private static long fetched(JavaSparkContext spark) {
    Map<String, Long> bytes = new HashMap<>();
    for (int call = 0; call < CALLS && bytes.size() < EXECUTORS; call++) { // they come one by one
      for (String line : onEach(spark, new Fetched())) {
        bytes.put(line.split(" ")[0], Long.parseLong(line.split(" ")[1]));
      }
    }
    if (bytes.size() != EXECUTORS) {
      throw new IllegalStateException("Only these executors answered: " + bytes.keySet());
    }
    return bytes.values().stream().mapToLong(b -> b).sum();
  }

  /** Returns the nanoseconds of processor time that this process has used. */
  private static long cpu() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static List<String> onEach(
      JavaSparkContext spark, FlatMapFunction<Iterator<Integer>, String> task) {
    return spark
        .parallelize(IntStream.range(0, EXECUTORS).boxed().toList(), EXECUTORS)
        .mapPartitions(task)
        .collect();
  }

  private static final class Fetched implements FlatMapFunction<Iterator<Integer>, String> {

    private static final long serialVersionUID = 1;

    @Override
    public Iterator<String> call(Iterator<Integer> items) throws InterruptedException {
      Thread.sleep(500); // so that each executor gets one task
      return List.of(SparkEnv.get().executorId() + " " + SparkBlocks.fetchedBytes()).iterator();
    }
  }

  private static final class Nothing implements FlatMapFunction<Iterator<Integer>, String> {

    private static final long serialVersionUID = 1;

    @Override
    public Iterator<String> call(Iterator<Integer> items) {
      return List.<String>of().iterator();
    }
  }

  private static final class Lookups implements FlatMapFunction<Iterator<Integer>, String> {

    private static final long serialVersionUID = 1;

    @Override
    public Iterator<String> call(Iterator<Integer> items) {
      for (int i = 0; i < LOOKUPS; i++) {
        SparkBlocks.areThere(List.of(SparkBlocks.of(1, i)));
      }
      return List.of("").iterator();
    }
  }
}
