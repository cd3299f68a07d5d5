package io.sparkmae.model.masking;

import java.util.SplittableRandom;

/**
 * Noise that removes large rectangles, as the block-wise masks of BEiT: of at least a twelfth of
 * the image, with a ratio of height to width from 0.3 to 1 ÷ 0.3, until no other fits. The patches
 * that are still missing grow on the rectangles' edges.
 *
 * @see <a href="https://arxiv.org/abs/2106.08254">Bao et al. 2021, algorithm 1</a>
 */
final class BlockNoise {

  private static final double FLATTEST = 0.3;
  private static final int TRIES = 10;
  private static final int LEAST_SHARE = 12;

  private final SplittableRandom random;
  private final int grid;
  private final boolean[] removed; // [tokens], row by row
  private int left;

  private BlockNoise(SplittableRandom random, int grid, int remove) {
    this.random = random;
    this.grid = grid;
    this.removed = new boolean[grid * grid];
    this.left = remove;
  }

  /** Returns [tokens], below 1 for kept patches, above for {@code remove} others. */
  static double[] draw(SplittableRandom random, int grid, int remove) {
    return new BlockNoise(random, grid, remove).draw();
  }

  private double[] draw() {
    int least = Math.max(1, removed.length / LEAST_SHARE);
    while (left >= least && removesBlock(least)) {}
    double[] noise = random.doubles(removed.length).toArray();
    while (left > 0) {
      removed[nextOnTheEdge(noise)] = true;
      left--;
    }
    for (int i = 0; i < noise.length; i++) {
      noise[i] += removed[i] ? 1 : 0;
    }
    return noise;
  }

  private boolean removesBlock(int least) {
    for (int i = 0; i < TRIES; i++) {
      double area = least + random.nextDouble() * (left - least);
      // StrictMath, since Math may differ by a bit between machines
      double limit = StrictMath.log(1 / FLATTEST);
      double ratio = StrictMath.exp(limit * (2 * random.nextDouble() - 1));
      int height = Math.min(grid, (int) Math.rint(Math.sqrt(area * ratio)));
      int width = Math.min(grid, (int) Math.rint(Math.sqrt(area / ratio)));
      if (height * width >= least && removes(height, width)) {
        return true;
      }
    }
    return false;
  }

  /** Removes a rectangle somewhere, unless it has no kept patch, or too many. */
  private boolean removes(int height, int width) {
    int top = random.nextInt(grid - height + 1);
    int first = random.nextInt(grid - width + 1);
    int kept = 0;
    for (int i = 0; i < height * width; i++) {
      kept += removed[(top + i / width) * grid + first + i % width] ? 0 : 1;
    }
    if (kept == 0 || kept > left) {
      return false;
    }
    for (int i = 0; i < height * width; i++) {
      removed[(top + i / width) * grid + first + i % width] = true;
    }
    left -= kept;
    return true;
  }

  /** Returns the kept patch with the most removed neighbours; of equal ones that of least noise. */
  private int nextOnTheEdge(double[] noise) {
    int best = -1;
    double most = -1;
    for (int i = 0; i < removed.length; i++) {
      double rank = removed[i] ? -1 : removedNeighbours(i) + 1 - noise[i];
      if (rank > most) {
        best = i;
        most = rank;
      }
    }
    return best;
  }

  private int removedNeighbours(int patch) {
    int row = patch / grid;
    int column = patch % grid;
    return at(row - 1, column) + at(row + 1, column) + at(row, column - 1) + at(row, column + 1);
  }

  private int at(int row, int column) {
    boolean inside = 0 <= row && row < grid && 0 <= column && column < grid;
    return inside && removed[row * grid + column] ? 1 : 0;
  }
}
