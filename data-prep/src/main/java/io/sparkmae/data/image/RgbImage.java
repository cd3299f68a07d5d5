package io.sparkmae.data.image;

/**
 * Decoded pixels.
 *
 * @param width in pixels
 * @param height in pixels
 * @param rgb [height, width, 3], and perhaps more behind that; belongs to whoever made it, and
 *     holds until that makes the next
 */
public record RgbImage(int width, int height, byte[] rgb) {
  /** Values of the image. */
  int length() {
    return width * height * 3;
  }
}
