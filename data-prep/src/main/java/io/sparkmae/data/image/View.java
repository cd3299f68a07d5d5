package io.sparkmae.data.image;

import java.io.Serializable;

/** How an image becomes a square of patches. */
public sealed interface View extends Serializable permits RandomCrop, CentreCrop {
  /** Side of the square, in pixels; a multiple of {@link #patchSize()}. */
  int imageSize();

  /** Side of a patch, in pixels. */
  int patchSize();

  /** The seed from which this view of a sample is drawn, and from which its mask can be. */
  long sampleSeed(String key);

  /** Which pixels of a width x height image to show; only this package can use the answer. */
  Framing framing(int width, int height, long sampleSeed);

  /** Patches of one image. */
  default int tokens() {
    int side = imageSize() / patchSize();
    return side * side;
  }

  /** Bytes of one patch: red, green and blue of each pixel. */
  default int patchLength() {
    return patchSize() * patchSize() * 3;
  }
}
