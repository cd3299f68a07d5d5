package io.sparkmae.job.pixels;

import io.sparkmae.data.Manifest;
import io.sparkmae.data.PreparedData;
import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.PixelFormat.Type;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Normalisation;

/** Translates between the pixels of prepared data and the numbers of a model. */
public final class DataPixels {

  private DataPixels() {}

  /** Returns what a model of the data normalises by: ImageNet's for RGB, else the data's own. */
  public static Normalisation normalisation(PreparedData data) {
    Manifest manifest = data.manifest();
    return manifest.pixels().equals(PixelFormat.RGB)
        ? Normalisation.IMAGENET
        : new Normalisation(
            manifest.pixels().type().largest(), manifest.mean(), manifest.deviation());
  }

  /**
   * Returns what {@code model} normalises by when it is trained on the data.
   *
   * @throws IllegalArgumentException if it has other channels
   */
  public static Normalisation normalisation(PreparedData data, MaeConfig model) {
    PixelFormat pixels = data.manifest().pixels();
    if (model.channels() != pixels.channels()) {
      throw new IllegalArgumentException(
          "Invalid model.channels: %d (must be %d: pixels of %s are %s; set that, or prepare the images otherwise)"
              .formatted(model.channels(), pixels.channels(), data.uri(), pixels));
    }
    return normalisation(data);
  }

  /** Returns the pixels that images for a model must have. */
  public static PixelFormat format(Normalisation model) {
    return model.equals(Normalisation.IMAGENET)
        ? PixelFormat.RGB
        : new PixelFormat(
            model.channels(), model.valueBytes() == Type.UINT16.bytes() ? Type.UINT16 : Type.UINT8);
  }

  /**
   * Checks that the data has the pixels that a trained model sees.
   *
   * @throws IllegalArgumentException if it has others
   */
  public static void requireSame(PreparedData data, Normalisation model) {
    PixelFormat there = data.manifest().pixels();
    PixelFormat wanted = format(model);
    // another library's model of photographs may have another mean than ImageNet's
    boolean photographs = there.equals(PixelFormat.RGB) && wanted.channels() == 3;
    if (!there.equals(wanted) && !(photographs && model.valueBytes() == 1)) {
      throw new IllegalArgumentException(
          "Cannot use %s: its pixels are %s and the model's %s (prepare the images%s)"
              .formatted(data.uri(), there, wanted, flags(wanted)));
    }
  }

  private static String flags(PixelFormat wanted) {
    return wanted.equals(PixelFormat.RGB)
        ? " without --channels"
        : " with --channels %d --channel-type %s".formatted(wanted.channels(), wanted.type());
  }
}
