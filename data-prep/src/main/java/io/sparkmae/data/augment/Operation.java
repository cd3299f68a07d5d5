package io.sparkmae.data.augment;

import io.sparkmae.data.image.SampleSeed.Draws;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/**
 * The operations of RandAugment, each stronger with its level, 0 to 10 (Cubuk et al. 2019; the
 * ranges are those of timm's "increasing" set).
 */
enum Operation {
  AUTO_CONTRAST {
    @Override
    void apply(Image image, double level, Draws draws) {
      image.mapChannels(Operation::stretched);
    }
  },
  EQUALIZE {
    @Override
    void apply(Image image, double level, Draws draws) {
      image.mapChannels(Operation::equalized);
    }
  },
  INVERT {
    @Override
    void apply(Image image, double level, Draws draws) {
      image.map(value -> 255 - value);
    }
  },
  ROTATE {
    @Override
    void apply(Image image, double level, Draws draws) {
      Affine.rotate(signed(30 * level / MOST, draws), image.size()).apply(image);
    }
  },
  POSTERIZE {
    @Override
    void apply(Image image, double level, Draws draws) {
      posterize(image, 4 - (int) (level / MOST * 4));
    }
  },
  SOLARIZE {
    @Override
    void apply(Image image, double level, Draws draws) {
      solarize(image, 256 - Math.min(256, (int) (level / MOST * 256)));
    }
  },
  SOLARIZE_ADD {
    @Override
    void apply(Image image, double level, Draws draws) {
      int added = Math.min(128, (int) (level / MOST * 110));
      image.map(value -> value < 128 ? value + added : value);
    }
  },
  COLOUR {
    @Override
    void apply(Image image, double level, Draws draws) {
      colour(image, factor(level, draws));
    }
  },
  CONTRAST {
    @Override
    void apply(Image image, double level, Draws draws) {
      contrast(image, factor(level, draws));
    }
  },
  BRIGHTNESS {
    @Override
    void apply(Image image, double level, Draws draws) {
      image.blend(0, factor(level, draws));
    }
  },
  SHARPNESS {
    @Override
    void apply(Image image, double level, Draws draws) {
      image.blend(image.smooth(), factor(level, draws));
    }
  },
  SHEAR_X {
    @Override
    void apply(Image image, double level, Draws draws) {
      Affine.shearX(signed(0.3 * level / MOST, draws)).apply(image);
    }
  },
  SHEAR_Y {
    @Override
    void apply(Image image, double level, Draws draws) {
      Affine.shearY(signed(0.3 * level / MOST, draws)).apply(image);
    }
  },
  TRANSLATE_X {
    @Override
    void apply(Image image, double level, Draws draws) {
      Affine.translate(signed(0.45 * level / MOST, draws) * image.size(), 0).apply(image);
    }
  },
  TRANSLATE_Y {
    @Override
    void apply(Image image, double level, Draws draws) {
      Affine.translate(0, signed(0.45 * level / MOST, draws) * image.size()).apply(image);
    }
  };

  /** The strongest level. */
  static final double MOST = 10;

  /** Changes the image; {@code draws} give a direction where there are two. */
  abstract void apply(Image image, double level, Draws draws);

  private static double signed(double value, Draws draws) {
    return draws.uniform() < 0.5 ? -value : value;
  }

  /** Returns a factor in [0.1, 1.9]; 1 changes nothing. */
  private static float factor(double level, Draws draws) {
    return (float) Math.max(0.1, 1 + signed(0.9 * level / MOST, draws));
  }

  /** Keeps the highest bits of every value. */
  static void posterize(Image image, int bits) {
    image.map(value -> value & -(1 << (8 - bits)));
  }

  /** Inverts the values from {@code threshold} on. */
  static void solarize(Image image, int threshold) {
    image.map(value -> value < threshold ? value : 255 - value);
  }

  /** Moves colours away from grey; images without three channels stay as they are. */
  static void colour(Image image, float factor) {
    if (image.channels() != 3) {
      return;
    }
    int[] grey = image.grey();
    byte[] from = new byte[image.pixels().length];
    for (int i = 0; i < from.length; i++) {
      from[i] = (byte) grey[i / 3];
    }
    image.blend(from, factor);
  }

  /** Moves values away from the mean brightness. */
  static void contrast(Image image, float factor) {
    image.blend((int) (Arrays.stream(image.grey()).average().orElse(0) + 0.5), factor);
  }

  private static IntUnaryOperator stretched(int[] histogram) {
    int low = 0;
    while (low < 255 && histogram[low] == 0) {
      low++;
    }
    int high = 255;
    while (high > 0 && histogram[high] == 0) {
      high--;
    }
    if (high <= low) {
      return IntUnaryOperator.identity();
    }
    double scale = 255.0 / (high - low);
    double offset = -low * scale;
    return value -> (int) (value * scale + offset);
  }

  private static IntUnaryOperator equalized(int[] histogram) {
    int[] filled = Arrays.stream(histogram).filter(count -> count > 0).toArray();
    int step = (Arrays.stream(filled).sum() - filled[filled.length - 1]) / 255;
    if (filled.length == 1 || step == 0) {
      return IntUnaryOperator.identity();
    }
    int[] table = new int[256];
    int below = step / 2;
    for (int value = 0; value < 256; value++) {
      table[value] = below / step;
      below += histogram[value];
    }
    return value -> table[value];
  }
}
