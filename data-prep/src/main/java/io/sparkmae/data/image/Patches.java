package io.sparkmae.data.image;

/**
 * Splits square images into flattened patches, and joins them again; pixels are red, green, blue
 * bytes.
 */
public final class Patches {
  private Patches() {}

  /**
   * Splits an image into patches, row by row.
   *
   * @param rgb [size, size, 3]; not modified
   * @param size side of the image, in pixels; a multiple of patch
   * @param patch side of a patch, in pixels
   * @return [tokens, patch * patch * 3]; inside a patch row, column, channel
   */
  public static byte[] patchify(byte[] rgb, int size, int patch) {
    check(size, patch, rgb.length);
    byte[] patches = new byte[rgb.length];
    patchify(rgb, size, patch, patches, 0);
    return patches;
  }

  /**
   * Joins patches to an image, the inverse of {@link #patchify}.
   *
   * @param patches [tokens, patch * patch * 3]; not modified
   * @param size side of the image, in pixels; a multiple of patch
   * @param patch side of a patch, in pixels
   * @return [size, size, 3]
   */
  public static byte[] unpatchify(byte[] patches, int size, int patch) {
    check(size, patch, patches.length);
    byte[] rgb = new byte[patches.length];
    int run = patch * 3;
    for (int i = 0; i < patches.length; i += run) {
      System.arraycopy(patches, i, rgb, imageOffset(i / run, size, patch) * 3, run);
    }
    return rgb;
  }

  /**
   * Splits an image into patches as {@link #patchify(byte[], int, int)}, but writes them to {@code
   * patches} from {@code offset} on.
   */
  static void patchify(byte[] rgb, int size, int patch, byte[] patches, int offset) {
    patchify(rgb, size, patch, 3, patches, offset);
  }

  /**
   * Splits an image whose pixels have {@code pixelBytes} bytes into patches, and writes them to
   * {@code patches} from {@code offset} on.
   */
  public static void patchify(
      byte[] pixels, int size, int patch, int pixelBytes, byte[] patches, int offset) {
    int run = patch * pixelBytes;
    for (int i = 0; i < pixels.length; i += run) {
      int from = imageOffset(i / run, size, patch) * pixelBytes;
      System.arraycopy(pixels, from, patches, offset + i, run);
    }
  }

  /** Returns the first pixel in the image of the n-th run; a run is one row of one patch. */
  private static int imageOffset(int n, int size, int patch) {
    int across = size / patch;
    int token = n / patch;
    int row = token / across * patch + n % patch;
    int column = token % across * patch;
    return row * size + column;
  }

  /** Throws if the size is not a multiple of the patch. */
  public static void check(int size, int patch) {
    if (patch < 1 || size < 1 || size % patch != 0) {
      throw new IllegalArgumentException(
          "Cannot split image: size %d is not a positive multiple of patch %d"
              .formatted(size, patch));
    }
  }

  private static void check(int size, int patch, int length) {
    check(size, patch);
    if (length != size * size * 3) {
      throw new IllegalArgumentException(
          "Cannot split image: %d bytes are not %d x %d x 3".formatted(length, size, size));
    }
  }
}
