package io.sparkmae.data.image;

/**
 * Square images split into flattened patches, and put together again; pixels are red, green, blue
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
   * Puts an image together again: the inverse of {@link #patchify}.
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
      System.arraycopy(patches, i, rgb, imageOffset(i / run, size, patch), run);
    }
    return rgb;
  }

  /** The same as {@link #patchify(byte[], int, int)}, into a larger array from an offset. */
  static void patchify(byte[] rgb, int size, int patch, byte[] patches, int offset) {
    int run = patch * 3;
    for (int i = 0; i < rgb.length; i += run) {
      System.arraycopy(rgb, imageOffset(i / run, size, patch), patches, offset + i, run);
    }
  }

  /** Where the n-th run of one patch row lies in the image, in bytes. */
  private static int imageOffset(int n, int size, int patch) {
    int across = size / patch;
    int token = n / patch;
    int row = token / across * patch + n % patch;
    int column = token % across * patch;
    return (row * size + column) * 3;
  }

  /** Refuses a size that is not a multiple of the patch. */
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
