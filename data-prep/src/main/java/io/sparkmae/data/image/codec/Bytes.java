package io.sparkmae.data.image.codec;

/** Reads the fields of file headers. */
public final class Bytes {
  private Bytes() {}

  /**
   * Returns whether the bytes from {@code offset} on are the Latin-1 characters of {@code magic}.
   */
  public static boolean startsWith(byte[] bytes, int offset, String magic) {
    if (bytes.length < offset + magic.length()) {
      return false;
    }
    for (int i = 0; i < magic.length(); i++) {
      if ((bytes[offset + i] & 0xff) != magic.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** Returns a number of {@code count} bytes, the lowest first; at most 4. */
  public static long littleEndian(byte[] bytes, int offset, int count) {
    long number = 0;
    for (int i = count - 1; i >= 0; i--) {
      number = number << 8 | bytes[offset + i] & 0xff;
    }
    return number;
  }

  /** Writes a number of {@code count} bytes, the lowest first. */
  public static void putLittleEndian(byte[] bytes, int offset, int count, long number) {
    for (int i = 0; i < count; i++) {
      bytes[offset + i] = (byte) (number >>> 8 * i);
    }
  }
}
