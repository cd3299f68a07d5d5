package io.sparkmae.data;

import io.sparkmae.data.Manifest.DataFile;
import io.sparkmae.data.channels.ChannelPatches;
import io.sparkmae.data.image.BadData;
import io.sparkmae.data.image.PatchWriter;
import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.RandomCrop;
import io.sparkmae.data.image.RejectReason;
import io.sparkmae.data.image.Undecodable;
import io.sparkmae.data.image.View;
import io.sparkmae.data.layout.SourceImage;
import io.sparkmae.data.storage.EncodedRow;
import io.sparkmae.data.storage.EncodedRows;
import io.sparkmae.data.storage.ParquetImages;
import io.sparkmae.data.storage.RowGroup;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Reads batches of patches from prepared data, on an executor. Not thread-safe.
 *
 * <p>The calling thread reads the files; the images of a batch may be decoded by several threads,
 * with the same result to the bit.
 *
 * <p>It caches the encoded images of the row groups it used last, at most one window of an {@link
 * EpochPlan}: up to 256 MiB, or one row group if that is larger.
 */
public final class PatchReader implements AutoCloseable {
  private final PreparedData data;
  private final Configuration conf;
  private final DecodeThreads<PatchWriter> threads;
  private final Map<RowGroupAddress, EncodedRows> kept = new LinkedHashMap<>(16, 0.75f, true);
  private long keptBytes;
  private long loads;

  private record RowGroupAddress(int file, int rowGroup) {}

  /** Makes a reader that decodes on the calling thread; opens no file yet. */
  public PatchReader(PreparedData data, Configuration conf) {
    this(data, conf, 1);
  }

  /**
   * Makes a reader with {@code decodeThreads} decode threads; opens no file and starts no thread
   * yet. A single one is the calling thread.
   */
  public PatchReader(PreparedData data, Configuration conf, int decodeThreads) {
    this.data = data;
    this.conf = conf;
    PixelFormat pixels = data.manifest().pixels();
    this.threads = new DecodeThreads<>(decodeThreads, () -> ChannelPatches.writer(pixels));
  }

  /**
   * Reads rows, in the given order, as the patches of a view.
   *
   * @throws BadData if a file cannot be read or an image cannot be decoded; the message names file,
   *     row and key
   */
  public PatchBatch read(List<RowAddress> rows, View view) {
    return read(rows, List.of(view));
  }

  /**
   * Reads rows, in the given order, as the patches of several views of each, such as {@link
   * RandomCrop#repeats}. All views of the first row come first. Each image is decoded once.
   *
   * @param views at least one, of one geometry
   * @return rows · views samples
   * @throws BadData if a file cannot be read or an image cannot be decoded; the message names file,
   *     row and key
   */
  public PatchBatch read(List<RowAddress> rows, List<? extends View> views) {
    View view = views.get(0);
    int size = Math.multiplyExact(rows.size(), views.size());
    int patchLength = view.patchLength(data.manifest().pixels());
    int length = view.tokens() * patchLength;
    var batch =
        new PatchBatch(
            new byte[Math.multiplyExact(size, length)],
            view.tokens(),
            patchLength,
            new String[size],
            new long[size],
            new int[size]);
    decode(batch, rows, views);
    return batch;
  }

  private void decode(PatchBatch batch, List<RowAddress> rows, List<? extends View> views) {
    var decoding = new ArrayList<Future<Void>>(rows.size());
    try {
      for (RowAddress row : rows) {
        if (Thread.currentThread().isInterrupted()) {
          throw DecodeThreads.interrupted();
        }
        decoding.add(fill(batch, decoding.size() * views.size(), row, views));
      }
    } finally {
      // a bad image is reported before a later row that cannot be read
      DecodeThreads.await(decoding);
    }
  }

  private Future<Void> fill(
      PatchBatch batch, int first, RowAddress address, List<? extends View> views) {
    EncodedRow row = row(address);
    String key = key(address, row);
    for (int i = 0; i < views.size(); i++) {
      batch.keys()[first + i] = key;
      batch.sampleSeeds()[first + i] = views.get(i).sampleSeed(key);
      batch.labels()[first + i] = row.label();
    }
    byte[] encoded = row.image();
    return threads.submit(
        images -> {
          try {
            write(images, encoded, views, first, batch);
          } catch (Undecodable e) {
            throw new BadData(fault(address, key, e), e);
          }
        });
  }

  private static void write(
      PatchWriter images, byte[] encoded, List<? extends View> views, int first, PatchBatch batch)
      throws Undecodable {
    if (encoded == null) {
      throw new Undecodable(RejectReason.NO_BYTES, "image.bytes is null");
    }
    images.write(encoded, views, batch.sampleSeeds(), first, batch.patches());
  }

  private String fault(RowAddress address, String key, Undecodable e) {
    return "Cannot decode row %d of row group %d of %s, key %s: %s, %s (prepare leaves such images out)"
        .formatted(
            address.row(),
            address.rowGroup(),
            data.path(address.file()),
            key,
            e.reason(),
            e.getMessage());
  }

  /**
   * Reads one row as it is stored.
   *
   * @throws BadData if the file cannot be read, or the row has no bytes
   */
  public SourceImage image(RowAddress address) {
    EncodedRow row = row(address);
    String key = key(address, row);
    byte[] encoded = row.image();
    if (encoded == null) {
      throw new BadData("Cannot read image %s: image.bytes is null".formatted(key));
    }
    return new SourceImage(key, encoded.clone(), row.label());
  }

  /** Returns a row's key: its image.path, or file#row for Parquet without names. */
  private String key(RowAddress address, EncodedRow row) {
    if (row.path() != null) {
      return row.path();
    }
    DataFile file = data.manifest().files().get(address.file());
    long before = 0;
    for (int group = 0; group < address.rowGroup(); group++) {
      before += file.rowGroups().get(group).rows();
    }
    return file.name() + "#" + (before + address.row());
  }

  private EncodedRow row(RowAddress address) {
    return rows(new RowGroupAddress(address.file(), address.rowGroup()))
        .images()
        .get(address.row());
  }

  private EncodedRows rows(RowGroupAddress address) {
    EncodedRows rows = kept.get(address);
    if (rows == null) {
      rows = load(address);
      makeRoom(rows.bytes());
      kept.put(address, rows);
      keptBytes += rows.bytes();
    }
    return rows;
  }

  private void makeRoom(long bytes) {
    var oldest = kept.values().iterator();
    while (oldest.hasNext()
        && (kept.size() >= EpochPlan.WINDOW_ROW_GROUPS
            || keptBytes + bytes > EpochPlan.WINDOW_BYTES)) {
      keptBytes -= oldest.next().bytes();
      oldest.remove();
    }
  }

  /** Returns the number of row groups loaded so far. */
  long loads() {
    return loads;
  }

  private EncodedRows load(RowGroupAddress address) {
    loads++;
    var path = data.path(address.file);
    try (var file = new ParquetImages(path, conf)) {
      requireUnchanged(file, data.manifest().files().get(address.file).rowGroups(), path);
      EncodedRows rows = file.read(address.rowGroup);
      if (!rows.fault().isEmpty()) {
        throw new IOException(rows.fault());
      }
      return rows;
    } catch (IOException e) {
      throw new BadData(
          "Cannot read row group %d of %s: %s".formatted(address.rowGroup, path, e.getMessage()),
          e);
    }
  }

  private static void requireUnchanged(ParquetImages file, List<RowGroup> expected, Path path) {
    if (!file.rowGroups().equals(expected)) {
      throw new BadData(
          "Cannot read %s: its row groups are not the manifest's (the file has changed; prepare the data again)"
              .formatted(path));
    }
  }

  @Override
  public void close() {
    threads.close();
    kept.clear();
    keptBytes = 0;
  }
}
