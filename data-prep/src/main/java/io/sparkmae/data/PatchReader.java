package io.sparkmae.data;

import io.sparkmae.data.Manifest.DataFile;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;

/**
 * Reads batches of patches from prepared data, on an executor; for one thread.
 *
 * <p>It keeps the encoded images of the row groups it used last, at most those of one window of an
 * {@link EpochPlan}: up to 256 MiB, or one row group if that is larger.
 */
public final class PatchReader implements AutoCloseable {
  private final PreparedData data;
  private final Configuration conf;
  private final ImageDecoder decoder = new ImageDecoder();
  private final Map<RowGroupAddress, EncodedRows> kept = new LinkedHashMap<>(16, 0.75f, true);
  private long keptBytes;

  private record RowGroupAddress(int file, int rowGroup) {}

  /** Opens no file yet; {@code conf} names the file systems. */
  public PatchReader(PreparedData data, Configuration conf) {
    this.data = data;
    this.conf = conf;
  }

  /**
   * Reads rows, in the order given, as the patches of a view.
   *
   * @throws BadData naming file, row and key, if a file cannot be read or an image cannot be
   *     decoded
   */
  public PatchBatch read(List<RowAddress> rows, View view) {
    int size = rows.size();
    int length = view.tokens() * view.patchLength();
    var batch =
        new PatchBatch(
            new byte[Math.multiplyExact(size, length)],
            view.tokens(),
            view.patchLength(),
            new String[size],
            new long[size],
            new int[size]);
    for (int i = 0; i < size; i++) {
      fill(batch, i, rows.get(i), view);
    }
    return batch;
  }

  private void fill(PatchBatch batch, int i, RowAddress address, View view) {
    EncodedRows rows = rows(new RowGroupAddress(address.file(), address.rowGroup()));
    String key = key(address, rows);
    long seed = view.sampleSeed(key);
    batch.keys()[i] = key;
    batch.sampleSeeds()[i] = seed;
    batch.labels()[i] = rows.labels()[address.row()];
    byte[] encoded = rows.images()[address.row()];
    int offset = i * view.tokens() * view.patchLength();
    try {
      if (encoded == null) {
        throw new Undecodable(RejectReason.NO_BYTES, "image.bytes is null");
      }
      ImagePatches.write(decoder, encoded, view, seed, batch.patches(), offset);
    } catch (Undecodable e) {
      throw new BadData(
          "Cannot decode row %d of row group %d of %s, key %s: %s, %s (prepare leaves such images out)"
              .formatted(
                  address.row(),
                  address.rowGroup(),
                  data.path(address.file()),
                  key,
                  e.reason(),
                  e.getMessage()),
          e);
    }
  }

  /** image.path, or file#row for Parquet without names. */
  private String key(RowAddress address, EncodedRows rows) {
    String path = rows.paths()[address.row()];
    if (path != null) {
      return path;
    }
    DataFile file = data.manifest().files().get(address.file());
    long before = 0;
    for (int group = 0; group < address.rowGroup(); group++) {
      before += file.rowGroups().get(group).rows();
    }
    return file.name() + "#" + (before + address.row());
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

  private EncodedRows load(RowGroupAddress address) {
    var path = data.path(address.file);
    try (var file = new ParquetImages(path, conf)) {
      List<Manifest.RowGroup> expected = data.manifest().files().get(address.file).rowGroups();
      if (!file.rowGroups().equals(expected)) {
        throw new BadData(
            "Cannot read %s: its row groups are not the manifest's (the file has changed; prepare the data again)"
                .formatted(path));
      }
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

  @Override
  public void close() {
    decoder.close();
    kept.clear();
  }
}
