package io.sparkmae.data.image;

/** A rectangle of pixels, in pixels from the top left corner. */
public record Box(int left, int top, int width, int height) {
  /** Returns the box of a whole image. */
  public static Box whole(int width, int height) {
    return new Box(0, 0, width, height);
  }

  /** Returns the smallest box around this and another. */
  Box around(Box other) {
    int l = Math.min(left, other.left);
    int t = Math.min(top, other.top);
    int right = Math.max(left + width, other.left + other.width);
    int bottom = Math.max(top + height, other.top + other.height);
    return new Box(l, t, right - l, bottom - t);
  }

  /** Returns this box relative to the top left corner of another. */
  Box within(Box other) {
    return new Box(left - other.left, top - other.top, width, height);
  }
}
