package io.sparkmae.data.image;

import java.io.Serializable;

/** A change of the pixels of a cut and resized image, such as an augmentation. */
@FunctionalInterface
public interface PixelEdit extends Serializable {
  /**
   * Changes the pixels in place; the same seed changes them in the same way.
   *
   * @param pixels uint8 [size, size, channels]
   * @param sampleSeed from {@link View#sampleSeed}
   */
  void edit(byte[] pixels, int size, long sampleSeed);
}
