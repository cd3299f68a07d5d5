package io.sparkmae.data.image.codec;

/** How an image must be turned to stand upright, by EXIF's numbers 1 to 8. */
public enum Orientation {
  UPRIGHT(false, false, false),
  MIRRORED(false, true, false),
  UPSIDE_DOWN(false, true, true),
  FLIPPED(false, false, true),
  TRANSPOSED(true, false, false),
  TURN_RIGHT(true, true, false),
  TRANSVERSE(true, true, true),
  TURN_LEFT(true, false, true);

  /** The tag in the first directory of EXIF or of a TIFF file. */
  public static final int TAG = 0x112;

  private final boolean swaps;
  private final boolean mirrors;
  private final boolean flips;

  Orientation(boolean swaps, boolean mirrors, boolean flips) {
    this.swaps = swaps;
    this.mirrors = mirrors;
    this.flips = flips;
  }

  /** Returns what EXIF says, upright where it is damaged or says nothing. */
  public static Orientation ofExif(byte[] bytes, int from, int to) {
    return of(new TiffDirectory(bytes, from, to));
  }

  /** Returns what a directory says, upright where it is damaged or says nothing. */
  public static Orientation of(TiffDirectory directory) {
    long number = directory.value(TAG, 0, 1);
    return number < 1 || number > 8 ? UPRIGHT : values()[(int) number - 1];
  }

  /** Returns whether turning exchanges width and height. */
  public boolean swaps() {
    return swaps;
  }

  /**
   * Turns pixels upright.
   *
   * @param rgb [height, width, 3]; not modified
   * @return [width, height, 3] if this swaps, else [height, width, 3]
   */
  public byte[] upright(byte[] rgb, int width, int height) {
    int across = swaps ? height : width;
    int down = swaps ? width : height;
    byte[] turned = new byte[width * height * 3];
    for (int y = 0, to = 0; y < down; y++) {
      int v = flips ? down - 1 - y : y;
      for (int x = 0; x < across; x++, to += 3) {
        int u = mirrors ? across - 1 - x : x;
        int from = (swaps ? u * width + v : v * width + u) * 3;
        turned[to] = rgb[from];
        turned[to + 1] = rgb[from + 1];
        turned[to + 2] = rgb[from + 2];
      }
    }
    return turned;
  }
}
