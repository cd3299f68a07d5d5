package io.sparkmae.data;

/**
 * Decoded pixels.
 *
 * @param width in pixels
 * @param height in pixels
 * @param rgb [height, width, 3]; shared, and written by whoever made it only
 */
record RgbImage(int width, int height, byte[] rgb) {}
