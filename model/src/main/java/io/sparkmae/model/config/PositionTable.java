package io.sparkmae.model.config;

/** The fixed two-dimensional sine-cosine positions of the patches. */
public final class PositionTable {

  private PositionTable() {}

  /**
   * Returns the positions of a square grid, row by row, after a zero row for the class token.
   *
   * <p>A row is [sin(column·ω), cos(column·ω), sin(row·ω), cos(row·ω)], each a quarter of {@code
   * dim} wide, with ω_k = 10000^(−4k/dim). The column comes first: released weights depend on this
   * order, though the reference names the halves otherwise.
   *
   * @return [gridSize² + 1, dim], row-major
   */
  public static double[] of(int dim, int gridSize) {
    double[] table = new double[(gridSize * gridSize + 1) * dim];
    for (int token = 0; token < gridSize * gridSize; token++) {
      int at = (token + 1) * dim;
      encode(table, at, dim / 4, token % gridSize);
      encode(table, at + dim / 2, dim / 4, token / gridSize);
    }
    return table;
  }

  private static void encode(double[] table, int at, int quarter, int position) {
    for (int k = 0; k < quarter; k++) {
      double angle = position * Math.pow(10000, -(double) k / quarter);
      // Rounded to fp32, as in released weights; fp64 graphs use this table too.
      table[at + k] = (float) Math.sin(angle);
      table[at + quarter + k] = (float) Math.cos(angle);
    }
  }
}
