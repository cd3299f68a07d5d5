package io.sparkmae.job.ml;

import io.sparkmae.data.image.BadData;
import io.sparkmae.data.image.CentreCrop;
import io.sparkmae.data.image.ImagePatches;
import io.sparkmae.data.image.Undecodable;
import io.sparkmae.job.embed.Inference;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.spark.TaskContext;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/** The rows of a partition with one column more: features, computed batch by batch. */
final class FeatureRows implements Iterator<Row> {

  private final Iterator<Row> rows;
  private final ImageColumn column;
  private final HandleInvalid handleInvalid;
  private final int batchSize;
  private final CentreCrop view;
  private final Inference.Network encoder;
  private final long[] seeds; // a centre has none
  private final ImagePatches images = new ImagePatches();
  private final Deque<Row> ready = new ArrayDeque<>();

  FeatureRows(
      Iterator<Row> rows,
      ImageColumn column,
      HandleInvalid handleInvalid,
      int batchSize,
      CentreCrop view,
      Inference.Network encoder) {
    this.rows = rows;
    this.column = column;
    this.handleInvalid = handleInvalid;
    this.batchSize = batchSize;
    this.view = view;
    this.seeds = new long[batchSize];
    this.encoder = encoder;
    TaskContext.get().addTaskCompletionListener((TaskContext task) -> close());
  }

  @Override
  public boolean hasNext() {
    while (ready.isEmpty() && rows.hasNext()) {
      compute();
    }
    return !ready.isEmpty();
  }

  @Override
  public Row next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return ready.removeFirst();
  }

  /** Decodes and encodes the next {@code batchSize} rows; in their order, they become ready. */
  private void compute() {
    int length = view.tokens() * view.patchLength();
    byte[] patches = new byte[batchSize * length];
    List<Row> taken = new ArrayList<>();
    boolean[] decoded = new boolean[batchSize];
    int count = 0;
    while (taken.size() < batchSize && rows.hasNext()) {
      Row row = rows.next();
      decoded[taken.size()] = decode(row, count, patches);
      count += decoded[taken.size()] ? 1 : 0;
      taken.add(row);
    }
    float[][] features =
        count == 0
            ? new float[0][]
            : encoder.outputs(Arrays.copyOf(patches, count * length), count);
    int next = 0;
    for (int i = 0; i < taken.size(); i++) {
      if (decoded[i]) {
        ready.add(with(taken.get(i), vector(features[next++])));
      } else if (handleInvalid == HandleInvalid.KEEP) {
        ready.add(with(taken.get(i), null));
      }
    }
  }

  /** Writes a row's patches as image {@code index} of a batch; returns whether it has an image. */
  private boolean decode(Row row, int index, byte[] patches) {
    try {
      images.write(column.encoded(row), List.of(view), seeds, index, patches);
      return true;
    } catch (Undecodable | RuntimeException | StackOverflowError e) { // a decoder's own too
      if (handleInvalid == HandleInvalid.ERROR) {
        throw new BadData(
            "Cannot decode an image of column %d: %s (set handleInvalid to skip or keep to go on without it)"
                .formatted(column.index(), reason(e)),
            e);
      }
      return false;
    }
  }

  private static String reason(Throwable thrown) {
    return thrown instanceof Undecodable undecodable
        ? undecodable.reason() + ", " + undecodable.getMessage()
        : thrown.toString();
  }

  private static Vector vector(float[] features) {
    double[] values = new double[features.length];
    Arrays.setAll(values, i -> features[i]);
    return Vectors.dense(values);
  }

  private static Row with(Row row, Vector features) {
    Object[] values = new Object[row.size() + 1];
    for (int i = 0; i < row.size(); i++) {
      values[i] = row.get(i);
    }
    values[row.size()] = features;
    return RowFactory.create(values);
  }

  private void close() {
    images.close();
    encoder.close();
  }
}
