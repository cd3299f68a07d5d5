package io.sparkmae.job.averaging.exchange;

import io.sparkmae.job.averaging.exchange.Slices.Slice;
import io.sparkmae.job.averaging.exchange.StoredState.Part;
import io.sparkmae.job.spark.SparkBlocks;
import io.sparkmae.job.store.BadModel;
import io.sparkmae.job.store.Directory;
import io.sparkmae.job.store.Json;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.apache.spark.api.java.function.VoidFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Reads a part of a stored state, given as JSON, and stores its slices as blocks of an average on
 * the executor of the task. The file is checked against its hash while it is read.
 */
public final class ReadStateTask implements VoidFunction<String> {

  private static final long serialVersionUID = 1;

  private final Average average;
  private final Slices slices;
  private final String version;
  private final Broadcast<SerializableConfiguration> hadoop;

  /**
   * Makes the task, which reads any part.
   *
   * @param average the average to which the blocks belong
   * @param version the directory of the version
   */
  public ReadStateTask(
      Average average, Slices slices, String version, Broadcast<SerializableConfiguration> hadoop) {
    this.average = average;
    this.slices = slices;
    this.version = version;
    this.hadoop = hadoop;
  }

  @Override
  public void call(String json) throws IOException {
    Part part = Json.parse(json, Part.class);
    List<Slice> of = part.slices(slices);
    long numbers = of.stream().mapToLong(Slice::length).sum();
    if (numbers != part.length() || part.file().bytes() != Float.BYTES * numbers) {
      throw new BadModel(
          "Cannot use %s: %s is not cut as this version of the job cuts vectors (finish the run with the version that began it)"
              .formatted(version, part.file().file()));
    }
    Directory.at(version, hadoop.value().value())
        .read(
            part.file(),
            in -> {
              for (Slice slice : of) {
                SparkBlocks.put(average.block(part.vector(), slice), next(slice, in));
              }
              return part;
            });
  }

  private static ByteBuffer next(Slice slice, InputStream in) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(slice.length() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    if (in.readNBytes(bytes.array(), 0, bytes.capacity()) < bytes.capacity()) {
      throw new EOFException("A part of the state ends in the middle of a slice");
    }
    return bytes;
  }
}
