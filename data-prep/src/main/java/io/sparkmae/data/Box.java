package io.sparkmae.data;

/** A rectangle of pixels, in pixels from the top left corner. */
record Box(int left, int top, int width, int height) {
  /** All of an image. */
  static Box whole(int width, int height) {
    return new Box(0, 0, width, height);
  }
}
