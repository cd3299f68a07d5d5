package io.sparkmae.job.demo;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.SplittableRandom;

/** One picture of a pattern; place, size, angle and colours are random, from a seed. */
final class Drawing {

  private static final int SAMPLES = 4; // per side of a pixel, for smooth edges

  private final Pattern pattern;
  private final double x;
  private final double y;
  private final double cos;
  private final double sin;
  private final Color from;
  private final Color to;
  private final Color ink;

  Drawing(Pattern pattern, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    this.pattern = pattern;
    x = uniform(random, -0.25, 0.25);
    y = uniform(random, -0.25, 0.25);
    double angle = uniform(random, -Math.PI / 8, Math.PI / 8);
    double scale = 1 / uniform(random, 0.6, 0.9);
    cos = scale * StrictMath.cos(angle);
    sin = scale * StrictMath.sin(angle);
    float hue = (float) random.nextDouble();
    from = Color.getHSBColor(hue, 0.5f, 0.35f);
    to = Color.getHSBColor(hue + 0.15f, 0.5f, 0.65f);
    ink = Color.getHSBColor(hue + (float) uniform(random, 0.35, 0.65), 0.8f, 0.95f);
  }

  /** Returns the picture in RGB, {@code size} by {@code size} pixels. */
  BufferedImage render(int size) {
    BufferedImage image = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
    for (int row = 0; row < size; row++) {
      for (int column = 0; column < size; column++) {
        image.setRGB(column, row, pixel(column, row, size));
      }
    }
    return image;
  }

  private int pixel(int column, int row, int size) {
    double share = coverage(column, row, size);
    double u = 2 * (column + 0.5) / size - 1;
    double v = 2 * (row + 0.5) / size - 1;
    double along = Math.max(0, Math.min(1, 0.5 + 0.35 * (cos * u + sin * v)));
    int red = blend(share, blend(along, from.getRed(), to.getRed()), ink.getRed());
    int green = blend(share, blend(along, from.getGreen(), to.getGreen()), ink.getGreen());
    int blue = blend(share, blend(along, from.getBlue(), to.getBlue()), ink.getBlue());
    return red << 16 | green << 8 | blue;
  }

  private double coverage(int column, int row, int size) {
    int covered = 0;
    for (int sample = 0; sample < SAMPLES * SAMPLES; sample++) {
      double u = 2 * (column + (sample % SAMPLES + 0.5) / SAMPLES) / size - 1 - x;
      double v = 2 * (row + (sample / SAMPLES + 0.5) / SAMPLES) / size - 1 - y;
      covered += pattern.covers(cos * u + sin * v, cos * v - sin * u) ? 1 : 0;
    }
    return (double) covered / (SAMPLES * SAMPLES);
  }

  private static int blend(double share, int from, int to) {
    return (int) Math.round(from + share * (to - from));
  }

  private static double uniform(SplittableRandom random, double from, double to) {
    return from + random.nextDouble() * (to - from);
  }
}
