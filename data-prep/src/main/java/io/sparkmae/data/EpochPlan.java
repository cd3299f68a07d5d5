package io.sparkmae.data;

import io.sparkmae.data.Manifest.DataFile;
import io.sparkmae.data.Manifest.RowGroup;
import io.sparkmae.data.SampleSeed.Draws;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The order of all rows in one epoch, each row once: a pure function of manifest, seed and epoch.
 *
 * <p>Row groups are permuted, then rows within a window of at most {@value #WINDOW_ROW_GROUPS} row
 * groups or {@value #WINDOW_BYTES} bytes, which is also what a {@link PatchReader} keeps in memory.
 * So a reader that walks through a range of the plan reads each row group once. Workers that each
 * walk their own range read nothing twice; workers that share a window all read it.
 */
public final class EpochPlan {
  static final int WINDOW_ROW_GROUPS = 8;
  static final long WINDOW_BYTES = 256L << 20;

  private static final String GROUP_ORDER = "row groups";
  private static final String ROW_ORDER = "rows of window ";

  private final List<Group> groups;
  private final List<Window> windows;
  private final long size;
  private final long seed;
  private final int epoch;
  private final boolean shuffled;

  private record Group(int file, int rowGroup, int rows, long bytes) {}

  /** Groups [from, to), whose first row is the plan's row {@code start}. */
  private record Window(int from, int to, long start, int rows) {}

  private EpochPlan(Manifest manifest, long seed, int epoch, boolean shuffled) {
    this.seed = seed;
    this.epoch = epoch;
    this.shuffled = shuffled;
    List<Group> inOrder = groups(manifest);
    this.groups =
        Arrays.stream(permutation(inOrder.size(), GROUP_ORDER)).mapToObj(inOrder::get).toList();
    this.windows = windows(groups);
    this.size = manifest.rows();
  }

  /** A seeded order for training; another epoch gives another order. */
  public static EpochPlan of(Manifest manifest, long seed, int epoch) {
    return new EpochPlan(manifest, seed, epoch, true);
  }

  /** The order of the files, for evaluation. */
  public static EpochPlan sequential(Manifest manifest) {
    return new EpochPlan(manifest, 0, 0, false);
  }

  /** Rows of the epoch. */
  public long size() {
    return size;
  }

  /**
   * The rows at positions [from, to) of this order.
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

  private RowAddress address(Window window, int row) {
    int g = window.from;
    while (row >= groups.get(g).rows) {
      row -= groups.get(g++).rows;
    }
    return new RowAddress(groups.get(g).file, groups.get(g).rowGroup, row);
  }

  /** The numbers below {@code size}, each once; in order when this plan is sequential. */
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

  private static List<Group> groups(Manifest manifest) {
    var groups = new ArrayList<Group>();
    for (int file = 0; file < manifest.files().size(); file++) {
      DataFile data = manifest.files().get(file);
      for (int i = 0; i < data.rowGroups().size(); i++) {
        RowGroup rowGroup = data.rowGroups().get(i);
        groups.add(new Group(file, i, rowGroup.rows(), rowGroup.bytes()));
      }
    }
    return groups;
  }

  private static List<Window> windows(List<Group> groups) {
    var windows = new ArrayList<Window>();
    long start = 0;
    for (int from = 0, to; from < groups.size(); from = to) {
      long bytes = groups.get(from).bytes;
      int rows = groups.get(from).rows;
      for (to = from + 1; to < groups.size() && to < from + WINDOW_ROW_GROUPS; to++) {
        bytes += groups.get(to).bytes;
        if (bytes > WINDOW_BYTES) {
          break;
        }
        rows += groups.get(to).rows;
      }
      windows.add(new Window(from, to, start, rows));
      start += rows;
    }
    return windows;
  }
}
