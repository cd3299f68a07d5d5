package io.sparkmae.model.config;

/** Positions of a square grid of patches for a grid of another size. */
public final class PositionGrid {

  private static final double CUBIC = -0.5; // with antialias, as Pillow and PyTorch have it
  private static final int RADIUS = 2;
  private static final double ROUNDING = 1e-5; // other fp32 implementations of the fixed table
  private static final double HALF_PRECISION = 0x1p-8; // relative, of bf16

  private PositionGrid() {}

  /**
   * Returns whether a table is the fixed sine-cosine one, up to the rounding of fp32, fp16 or bf16.
   *
   * @param table [gridSize² + 1, dim], row-major
   */
  public static boolean isFixed(float[] table, int dim, int gridSize) {
    return isNear(table, dim, gridSize, HALF_PRECISION);
  }

  /** Returns whether a table is the fixed sine-cosine one, up to the rounding of fp32. */
  public static boolean isExact(float[] table, int dim, int gridSize) {
    return isNear(table, dim, gridSize, 0);
  }

  private static boolean isNear(float[] table, int dim, int gridSize, double relative) {
    double[] fixed = PositionTable.of(dim, gridSize);
    for (int i = 0; i < fixed.length; i++) {
      if (!(Math.abs(table[i] - fixed[i]) <= ROUNDING + relative * Math.abs(fixed[i]))) {
        return false; // a NaN too
      }
    }
    return true;
  }

  /**
   * Returns a trained table for another grid: bicubic in two dimensions with antialias, as timm's
   * {@code resample_abs_pos_embed} does; the class token's row stays.
   *
   * @param table [from² + 1, dim], row-major
   * @return [to² + 1, dim]
   */
  public static float[] resize(float[] table, int dim, int from, int to) {
    double[][] weights = weights(from, to);
    double[] columns = new double[from * to * dim]; // [from, to, dim]
    for (int row = 0; row < from; row++) {
      for (int column = 0; column < to; column++) {
        for (int k = 0; k < from; k++) {
          int source = (1 + row * from + k) * dim;
          add(columns, (row * to + column) * dim, weights[column][k], table, source, dim);
        }
      }
    }
    double[] both = new double[to * to * dim];
    for (int row = 0; row < to; row++) {
      for (int k = 0; k < from; k++) {
        add(both, row * to * dim, weights[row][k], columns, k * to * dim, to * dim);
      }
    }
    float[] resized = new float[(to * to + 1) * dim];
    System.arraycopy(table, 0, resized, 0, dim);
    for (int i = 0; i < both.length; i++) {
      resized[dim + i] = (float) both[i];
    }
    return resized;
  }

  private static void add(double[] sum, int at, double weight, float[] from, int start, int n) {
    for (int i = 0; weight != 0 && i < n; i++) {
      sum[at + i] += weight * from[start + i];
    }
  }

  private static void add(double[] sum, int at, double weight, double[] from, int start, int n) {
    for (int i = 0; weight != 0 && i < n; i++) {
      sum[at + i] += weight * from[start + i];
    }
  }

  /** Returns the weights [to, from] of the old places in each new one. */
  private static double[][] weights(int from, int to) {
    double step = (double) from / to;
    double scale = Math.max(step, 1);
    double[][] weights = new double[to][from];
    for (int place = 0; place < to; place++) {
      double centre = step * (place + 0.5);
      int first = Math.max((int) (centre - RADIUS * scale + 0.5), 0);
      int end = Math.min((int) (centre + RADIUS * scale + 0.5), from);
      double sum = 0;
      for (int k = first; k < end; k++) {
        weights[place][k] = cubic((k - centre + 0.5) / scale);
        sum += weights[place][k];
      }
      for (int k = first; k < end; k++) {
        weights[place][k] /= sum;
      }
    }
    return weights;
  }

  private static double cubic(double distance) {
    double x = Math.abs(distance);
    if (x < 1) {
      return ((CUBIC + 2) * x - (CUBIC + 3)) * x * x + 1;
    }
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * CUBIC : 0;
  }
}
