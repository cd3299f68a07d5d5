package io.sparkmae.job.averaging.exchange;

import io.sparkmae.job.averaging.exchange.Slices.Slice;
import io.sparkmae.job.averaging.exchange.StoredState.Part;
import io.sparkmae.job.averaging.exchange.StoredState.Vector;
import io.sparkmae.job.spark.SparkBlocks;
import io.sparkmae.job.store.Directory;
import io.sparkmae.job.store.Json;
import io.sparkmae.job.store.StoredFile;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Writes slices of an average as a file of a version, from the executor that runs the task.
 *
 * <p>Its result is a {@link Part} as JSON, since Spark's Kryo cannot serialise records.
 */
public final class WriteStateTask implements Function<String, String> {

  private static final long serialVersionUID = 1;
  // several per slot, so that the last ones end at about the same time
  private static final int RANGES_OF_A_SLOT = 2;

  private final Average average;
  private final Slices slices;
  private final String version;
  private final Broadcast<SerializableConfiguration> hadoop;

  /** Slices [from, to) of a vector. */
  public record Range(Vector vector, int from, int to) implements Serializable {}

  /**
   * Makes the task, which writes any range.
   *
   * @param version the directory of the version
   */
  public WriteStateTask(
      Average average, Slices slices, String version, Broadcast<SerializableConfiguration> hadoop) {
    this.average = average;
    this.slices = slices;
    this.version = version;
    this.hadoop = hadoop;
  }

  /** Returns the ranges of all vectors of the average, cut for {@code slots} slots. */
  public List<Range> ranges(int slots) {
    List<Vector> vectors = average.vectors();
    int all = vectors.stream().mapToInt(vector -> slices.stored(vector).size()).sum();
    int length = Math.max(1, (all + RANGES_OF_A_SLOT * slots - 1) / (RANGES_OF_A_SLOT * slots));
    List<Range> ranges = new ArrayList<>();
    for (Vector vector : vectors) {
      int count = slices.stored(vector).size();
      for (int from = 0; from < count; from += length) {
        ranges.add(new Range(vector, from, Math.min(from + length, count)));
      }
    }
    return ranges;
  }

  @Override
  public String call(String json) throws IOException {
    Range range = Json.parse(json, Range.class);
    List<Slice> of = slices.stored(range.vector).subList(range.from, range.to);
    StoredFile file =
        Directory.at(version, hadoop.value().value())
            .file(name(range), out -> write(range.vector, of, out));
    long from = of.get(0).from();
    Slice last = of.get(of.size() - 1);
    return Json.line(new Part(range.vector, from, last.from() + last.length() - from, file));
  }

  /** Returns a file name that no other attempt uses: an abandoned attempt may still be writing. */
  private static String name(Range range) {
    TaskContext task = TaskContext.get();
    int attempt = task.stageAttemptNumber() + task.attemptNumber();
    return "state/%s-%05d%s.f32"
        .formatted(
            range.vector.name().toLowerCase(Locale.ROOT).replace('_', '-'),
            range.from,
            attempt == 0 ? "" : "-" + task.taskAttemptId());
  }

  private void write(Vector vector, List<Slice> slices, OutputStream out) throws IOException {
    for (Slice slice : slices) {
      write(vector, slice, out);
    }
  }

  private void write(Vector vector, Slice slice, OutputStream out) throws IOException {
    IOException[] failure = new IOException[1];
    boolean there =
        average.readBytes(
            vector,
            slice,
            bytes -> {
              try {
                SparkBlocks.copy(bytes, out);
              } catch (IOException e) {
                failure[0] = e;
              }
            });
    if (failure[0] != null) {
      throw failure[0];
    }
    if (!there) {
      throw new StateLost(average.iteration());
    }
  }
}
