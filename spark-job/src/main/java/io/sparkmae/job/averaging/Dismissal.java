package io.sparkmae.job.averaging;

import io.sparkmae.job.spark.PlacedRdd;
import java.io.Serializable;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.VoidFunction;

/**
 * Closes the idle workers of executors, which on a shared cluster outlive the run, by a task on
 * each executor.
 *
 * <p>A failure does not fail the run: remaining workers are replaced by the next run's.
 */
final class Dismissal implements VoidFunction<Iterator<String>>, Serializable {

  private static final long serialVersionUID = 1;
  private static final int SECONDS = 10;

  private Dismissal() {}

  /**
   * Closes idle workers, or gives up after {@value #SECONDS} s.
   *
   * @param executors as Spark names preferred locations
   */
  static void of(JavaSparkContext spark, Collection<String> executors) {
    ResidentWorker.dismiss(); // those of this process, if it is the executor
    if (spark.isLocal() || executors.isEmpty() || spark.sc().isStopped()) {
      return;
    }
    List<String> all = List.copyOf(executors);
    JavaFutureAction<Void> job =
        PlacedRdd.of(spark, all, all.stream().map(List::of).toList())
            .foreachPartitionAsync(new Dismissal());
    try {
      job.get(SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) { // a timeout, or a failure of the executors
      System.err.println("mae: workers may have stayed on executors: " + e);
    } finally {
      job.cancel(true);
    }
  }

  @Override
  public void call(Iterator<String> executors) {
    ResidentWorker.dismiss();
  }
}
