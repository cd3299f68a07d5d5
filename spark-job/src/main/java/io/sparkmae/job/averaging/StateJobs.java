package io.sparkmae.job.averaging;

import io.sparkmae.job.averaging.exchange.Average;
import io.sparkmae.job.averaging.exchange.BrokenState;
import io.sparkmae.job.averaging.exchange.ReadStateTask;
import io.sparkmae.job.averaging.exchange.Slices;
import io.sparkmae.job.averaging.exchange.StateLost;
import io.sparkmae.job.averaging.exchange.StoredState;
import io.sparkmae.job.averaging.exchange.StoredState.Part;
import io.sparkmae.job.averaging.exchange.StoredState.Vector;
import io.sparkmae.job.averaging.exchange.WriteStateTask;
import io.sparkmae.job.spark.PartitionJob;
import io.sparkmae.job.store.BadModel;
import io.sparkmae.job.store.Json;
import io.sparkmae.job.store.VersionWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.SerializableConfiguration;

/** The Spark jobs in which executors write an average into a version, and read it back. */
public final class StateJobs {

  private final JavaSparkContext spark;
  private final Slices slices;
  private Broadcast<SerializableConfiguration> hadoop; // null before the first job

  /** Work of the driver while executors write. */
  @FunctionalInterface
  public interface Meanwhile {

    void run() throws IOException;
  }

  StateJobs(JavaSparkContext spark, Slices slices) {
    this.spark = spark;
    this.slices = slices;
  }

  /**
   * Writes all vectors of an average, which has moments.
   *
   * @param slots number of tasks that run at once
   * @throws StateLost if no executor has one of the slices
   */
  StoredState write(Average average, VersionWriter version, int slots, Meanwhile meanwhile)
      throws IOException {
    WriteStateTask task = new WriteStateTask(average, slices, version.uri(), hadoop());
    List<String> ranges = task.ranges(slots).stream().map(Json::line).toList();
    JavaFutureAction<List<String>> written =
        spark.parallelize(ranges, ranges.size()).map(task).collectAsync();
    List<Part> parts = new ArrayList<>();
    try {
      meanwhile.run();
      for (String json : await(written, average)) {
        parts.add(Json.parse(json, Part.class));
      }
    } finally {
      written.cancel(true);
    }
    version.add(parts.stream().map(Part::file).toList());
    return new StoredState(average.iteration(), slices.params(), slices.moments(), parts);
  }

  private static List<String> await(JavaFutureAction<List<String>> job, Average average)
      throws IOException {
    try {
      return job.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while executors wrote a state", e);
    } catch (ExecutionException e) {
      if (PartitionJob.cause(e, StateLost.class).isPresent()) {
        throw new StateLost(average.iteration());
      }
      throw new IOException("Cannot write the state: " + e.getCause().getMessage(), e.getCause());
    }
  }

  /**
   * Reads the state that {@link #write} stored in the version at {@code uri}; returns it as an
   * average.
   *
   * @throws BrokenState if one of its files is missing or was changed
   * @throws IllegalArgumentException if it is of another network
   */
  Average read(String uri, StoredState stored) {
    requireFits(uri, stored);
    boolean momentum = stored.has(Vector.OUTER_MOMENTUM);
    Average average = Average.whole(true, momentum, stored.iteration(), 0);
    List<String> parts = stored.parts().stream().map(Json::line).toList();
    ReadStateTask task = new ReadStateTask(average, slices, uri, hadoop());
    try {
      spark.parallelize(parts, parts.size()).foreach(task);
    } catch (Exception e) { // Spark throws checked exceptions that it does not declare
      average.release();
      Optional<BadModel> broken = PartitionJob.cause(e, BadModel.class);
      if (broken.isPresent()) {
        throw new BrokenState(uri, broken.get());
      }
      throw e;
    }
    return average;
  }

  private void requireFits(String uri, StoredState stored) {
    if (!stored.slices().equals(slices)) {
      throw new IllegalArgumentException(
          "Cannot go on from %s: it has %d parameters and %d moments, the network has %d and %d (give the same settings)"
              .formatted(
                  uri, stored.params(), stored.moments(), slices.params(), slices.moments()));
    }
  }

  private Broadcast<SerializableConfiguration> hadoop() {
    if (hadoop == null) {
      hadoop = spark.broadcast(new SerializableConfiguration(spark.hadoopConfiguration()));
    }
    return hadoop;
  }
}
