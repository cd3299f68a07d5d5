package io.sparkmae.data.image;

import java.io.Serializable;
import java.util.List;

/** A way to turn an image into a square of patches. */
public sealed interface View extends Serializable permits RandomCrop, CentreCrop {
  /** Returns the side of the square in pixels, a multiple of {@link #patchSize()}. */
  int imageSize();

  /** Returns the side of a patch in pixels. */
  int patchSize();

  /** Returns the seed of this view of a sample; its mask can be drawn from it too. */
  long sampleSeed(String key);

  /** Returns the part of a width x height image to show; only this package can use the result. */
  Framing framing(int width, int height, long sampleSeed);

  /** Returns what changes the pixels before they are split into patches, in order. */
  default List<PixelEdit> edits() {
    return List.of();
  }

  /** Returns the number of patches of one image. */
  default int tokens() {
    int side = imageSize() / patchSize();
    return side * side;
  }

  /** Returns the number of bytes of one patch: red, green and blue of each pixel. */
  default int patchLength() {
    return patchLength(PixelFormat.RGB);
  }

  /** Returns the number of bytes of one patch of pixels of {@code format}. */
  default int patchLength(PixelFormat format) {
    return patchSize() * patchSize() * format.bytes();
  }

  /** A change of the pixels of a cut and resized image, such as an augmentation. */
  @FunctionalInterface
  interface PixelEdit extends Serializable {
    /**
     * Changes the pixels in place; the same seed changes them in the same way.
     *
     * @param pixels uint8 [size, size, channels]
     * @param sampleSeed from {@link View#sampleSeed}
     */
    void edit(byte[] pixels, int size, long sampleSeed);
  }
}
