package io.sparkmae.data.image;

/**
 * Where the pixels of a file lie in its image: the first frame of an animation may be smaller.
 *
 * @param frame the part that is decoded
 * @param background colour of the rest: red · 65536 + green · 256 + blue
 */
record Canvas(Box frame, int background) {
  /** Returns the canvas of an image that fills it. */
  static Canvas of(int width, int height) {
    return new Canvas(Box.whole(width, height), 0);
  }
}
