package io.sparkmae.job.spark;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.Function2;
import scala.reflect.ClassTag;
import scala.runtime.AbstractFunction2;
import scala.runtime.BoxedUnit;

/**
 * A Spark job that calls a function with some partitions of an RDD and their numbers.
 *
 * <p>{@code mapPartitionsWithIndex} and {@code collect} do the same. But for every lambda, their
 * own included, Spark's driver parses the enclosing class, which takes most of its time in a round
 * of small steps. It does not parse functions that are not lambdas.
 *
 * @param <T> items of the RDD
 * @param <R> results
 */
public final class PartitionJob<T, R>
    extends AbstractFunction2<TaskContext, scala.collection.Iterator<T>, ArrayList<R>>
    implements java.io.Serializable {

  private static final long serialVersionUID = 1;

  private final Function2<Integer, Iterator<T>, Iterator<R>> function;

  private PartitionJob(Function2<Integer, Iterator<T>, Iterator<R>> function) {
    this.function = function;
  }

  /** Runs the job; returns the function's results, in the order of {@code partitions}. */
  public static <T, R> List<R> run(
      JavaRDD<T> rdd, Function2<Integer, Iterator<T>, Iterator<R>> function, int[] partitions) {
    List<List<R>> results = new ArrayList<>();
    IntStream.range(0, partitions.length).forEach(i -> results.add(List.of()));
    rdd.context()
        .runJob(
            rdd.rdd(),
            new PartitionJob<>(function),
            ScalaLists.<Object>toScala(IntStream.of(partitions).boxed().toList()),
            new AbstractFunction2<Object, ArrayList<R>, BoxedUnit>() {
              @Override
              public BoxedUnit apply(Object index, ArrayList<R> result) {
                results.set((Integer) index, result);
                return BoxedUnit.UNIT;
              }
            },
            ClassTag.apply(ArrayList.class));
    return results.stream().flatMap(List::stream).toList();
  }

  @Override
  public ArrayList<R> apply(TaskContext task, scala.collection.Iterator<T> items) {
    ArrayList<R> results = new ArrayList<>();
    try {
      function.call(task.partitionId(), ScalaLists.toJava(items)).forEachRemaining(results::add);
    } catch (Exception e) {
      throw PartitionJob.<RuntimeException>unchecked(e);
    }
    return results;
  }

  /** Returns what a task threw, which Spark buries; empty if it threw nothing of that type. */
  public static <T extends Throwable> Optional<T> cause(Throwable thrown, Class<T> type) {
    return Stream.iterate(thrown, cause -> cause != null, Throwable::getCause)
        .filter(type::isInstance)
        .map(type::cast)
        .findFirst();
  }

  /** Throws a checked exception as it is: Spark tells a killed task by its type. */
  @SuppressWarnings("unchecked")
  private static <E extends Exception> E unchecked(Exception e) throws E {
    throw (E) e;
  }
}
