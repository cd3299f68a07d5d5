package io.sparkmae.data.image;

/**
 * Decoded pixels.
 *
 * @param width in pixels
 * @param height in pixels
 * @param rgb [height, width, 3]; the array may be longer. It belongs to the decoder, which
 *     overwrites it with the next image
 */
public record RgbImage(int width, int height, byte[] rgb) {
  /** Returns the number of values of the image. */
  int length() {
    return width * height * 3;
  }
}
