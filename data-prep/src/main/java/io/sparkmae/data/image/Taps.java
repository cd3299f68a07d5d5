package io.sparkmae.data.image;

/**
 * The source positions and weights for each position of a resized line, by Pillow's antialiased
 * bicubic.
 *
 * @param first [length] first source position
 * @param count [length] number of source positions
 * @param weights [length, stride] fixed-point weights of {@value #BITS} fractional bits
 * @param stride room for the weights of one position
 */
public record Taps(int[] first, int[] count, int[] weights, int stride) {
  public static final int BITS = 22;

  private static final double A = -0.5;
  private static final double RADIUS = 2;

  /**
   * Returns the taps of positions [start, start + length) of a line of {@code source} pixels that
   * is resized to {@code target}.
   */
  public static Taps of(int source, int target, int start, int length) {
    double scale = (double) source / target;
    double stretch = Math.max(scale, 1); // antialiasing: shrinking widens the kernel
    double support = RADIUS * stretch;
    int stride = (int) Math.ceil(support) * 2 + 1;
    var taps = new Taps(new int[length], new int[length], new int[length * stride], stride);
    double[] exact = new double[stride];
    for (int i = 0; i < length; i++) {
      double centre = (start + i + 0.5) * scale;
      int low = Math.max((int) (centre - support + 0.5), 0);
      int high = Math.min((int) (centre + support + 0.5), source);
      taps.first[i] = low;
      taps.count[i] = high - low;
      double sum = 0;
      for (int k = 0; k < high - low; k++) {
        exact[k] = bicubic((low + k - centre + 0.5) * (1 / stretch));
        sum += exact[k];
      }
      for (int k = 0; k < high - low; k++) {
        taps.weights[i * stride + k] = fixed(exact[k] / sum);
      }
    }
    return taps;
  }

  /** Returns the number of positions. */
  public int length() {
    return first.length;
  }

  /** Returns the first source position of all. */
  public int start() {
    return first[0];
  }

  /** Returns the end of the source positions, exclusive. */
  public int end() {
    return first[first.length - 1] + count[count.length - 1];
  }

  /** Returns the weight in fixed point, rounded half away from zero. */
  private static int fixed(double weight) {
    double scaled = weight * (1 << BITS);
    return (int) (scaled < 0 ? scaled - 0.5 : scaled + 0.5);
  }

  /** Returns the value of Keys' cubic convolution kernel at x. */
  private static double bicubic(double x) {
    x = Math.abs(x);
    if (x < 1) {
      return ((A + 2) * x - (A + 3)) * x * x + 1;
    }
    return x < RADIUS ? (((x - 5) * x + 8) * x - 4) * A : 0;
  }
}
