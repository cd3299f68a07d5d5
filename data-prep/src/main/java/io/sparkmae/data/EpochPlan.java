package io.sparkmae.data;

import io.sparkmae.data.Manifest.DataFile;
import io.sparkmae.data.image.SampleSeed;
import io.sparkmae.data.image.SampleSeed.Draws;
import io.sparkmae.data.storage.RowGroup;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The order of all rows in one epoch, each row once. It depends on manifest, seed, epoch and number
 * of readers alone.
 *
 * <p>Row groups are permuted. Of R readers the r-th has the range [size · r / R, size · (r + 1) /
 * R), and its rows are permuted within windows of at most {@value #WINDOW_ROW_GROUPS} row groups or
 * {@value #WINDOW_BYTES} bytes, as much as a {@link PatchReader} keeps in memory. So readers that
 * go through their ranges in order load each row group once, or twice where two ranges share it: at
 * most row groups + R - 1 loads.
 */
public final class EpochPlan {
  static final int WINDOW_ROW_GROUPS = 8;
  static final long WINDOW_BYTES = 256L << 20;

  private static final String GROUP_ORDER = "row groups";
  private static final String ROW_ORDER = "rows of window ";

  private final List<Window> windows;
  private final long size;
  private final long seed;
  private final int epoch;
  private final boolean shuffled;

  /** Rows [first, first + rows) of a row group, for one reader. */
  private record Piece(int file, int rowGroup, int first, int rows, long bytes) {}

  /** The plan's rows [start, start + rows). */
  private record Window(List<Piece> pieces, long start, int rows) {}

  private EpochPlan(Manifest manifest, long seed, int epoch, int readers, boolean shuffled) {
    this.seed = seed;
    this.epoch = epoch;
    this.shuffled = shuffled;
    this.size = manifest.rows();
    List<Piece> inOrder = groups(manifest);
    List<Piece> groups =
        Arrays.stream(permutation(inOrder.size(), GROUP_ORDER)).mapToObj(inOrder::get).toList();
    this.windows = windows(groups, size, readers);
  }

  /** Returns a shuffled order for training by one reader; each epoch has another order. */
  public static EpochPlan of(Manifest manifest, long seed, int epoch) {
    return of(manifest, seed, epoch, 1);
  }

  /**
   * Returns a shuffled order for training by several readers.
   *
   * @param readers number of readers, at least one; each goes through its own range
   */
  public static EpochPlan of(Manifest manifest, long seed, int epoch, int readers) {
    return new EpochPlan(manifest, seed, epoch, readers, true);
  }

  /** Returns the order of the files, for evaluation. */
  public static EpochPlan sequential(Manifest manifest) {
    return new EpochPlan(manifest, 0, 0, 1, false);
  }

  /**
   * Returns the position where a reader's range begins and the range before it ends. The lengths of
   * ranges differ by one row at most.
   *
   * @param rows number of rows of the epoch
   */
  public static long start(long rows, int reader, int readers) {
    return rows * reader / readers;
  }

  /** Returns the number of rows of the epoch. */
  public long size() {
    return size;
  }

  /**
   * Returns the rows at positions [from, to) of this order.
   *
   * @throws IndexOutOfBoundsException unless 0 &lt;= from &lt;= to &lt;= size
   */
  public List<RowAddress> rows(long from, long to) {
    if (from < 0 || from > to || to > size) {
      throw new IndexOutOfBoundsException(
          "Invalid rows: %d to %d (must lie in 0 to %d)".formatted(from, to, size));
    }
    var rows = new ArrayList<RowAddress>((int) (to - from));
    for (int w = 0; w < windows.size(); w++) {
      Window window = windows.get(w);
      int low = (int) Math.max(from - window.start, 0);
      int high = (int) Math.min(to - window.start, window.rows);
      if (low < high) {
        int[] order = permutation(window.rows, ROW_ORDER + w);
        Arrays.stream(order, low, high).forEach(row -> rows.add(address(window, row)));
      }
    }
    return rows;
  }

  private static RowAddress address(Window window, int row) {
    int p = 0;
    while (row >= window.pieces.get(p).rows) {
      row -= window.pieces.get(p++).rows;
    }
    Piece piece = window.pieces.get(p);
    return new RowAddress(piece.file, piece.rowGroup, piece.first + row);
  }

  /**
   * Returns a permutation of the numbers below {@code size}; in order if this plan is sequential.
   */
  private int[] permutation(int size, String what) {
    int[] order = IntStream.range(0, size).toArray();
    Draws draws = SampleSeed.stream(SampleSeed.of(seed, epoch, what, 0), 0);
    for (int i = size - 1; shuffled && i > 0; i--) {
      int j = draws.below(i + 1);
      int swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
    return order;
  }

  private static List<Piece> groups(Manifest manifest) {
    var groups = new ArrayList<Piece>();
    for (int file = 0; file < manifest.files().size(); file++) {
      DataFile data = manifest.files().get(file);
      for (int i = 0; i < data.rowGroups().size(); i++) {
        RowGroup rowGroup = data.rowGroups().get(i);
        groups.add(new Piece(file, i, 0, rowGroup.rows(), rowGroup.bytes()));
      }
    }
    return groups;
  }

  private static List<Window> windows(List<Piece> groups, long size, int readers) {
    var windows = new ArrayList<Window>();
    var left = new ArrayDeque<>(groups);
    long start = 0;
    for (int reader = 0; reader < readers; reader++) {
      long end = start(size, reader + 1, readers);
      addWindows(windows, take(left, end - start), start);
      start = end;
    }
    return windows;
  }

  /** Removes {@code rows} rows from the front and returns them; the last row group may be cut. */
  private static List<Piece> take(Deque<Piece> left, long rows) {
    var taken = new ArrayList<Piece>();
    while (rows > 0) {
      Piece next = left.removeFirst();
      int fit = (int) Math.min(next.rows, rows);
      taken.add(new Piece(next.file, next.rowGroup, next.first, fit, next.bytes));
      if (fit < next.rows) {
        int first = next.first + fit;
        left.addFirst(new Piece(next.file, next.rowGroup, first, next.rows - fit, next.bytes));
      }
      rows -= fit;
    }
    return taken;
  }

  // Windows have nearly equal sizes: a small last one would hardly be shuffled.
  private static void addWindows(List<Window> windows, List<Piece> pieces, long start) {
    int count = ceilDiv(pieces.size(), WINDOW_ROW_GROUPS);
    int most = count == 0 ? 0 : ceilDiv(pieces.size(), count);
    for (int from = 0, to; from < pieces.size(); from = to) {
      long bytes = pieces.get(from).bytes;
      int rows = pieces.get(from).rows;
      for (to = from + 1; to < pieces.size() && to < from + most; to++) {
        bytes += pieces.get(to).bytes;
        if (bytes > WINDOW_BYTES) {
          break;
        }
        rows += pieces.get(to).rows;
      }
      windows.add(new Window(pieces.subList(from, to), start, rows));
      start += rows;
    }
  }

  private static int ceilDiv(int dividend, int divisor) {
    return (dividend + divisor - 1) / divisor;
  }
}
