package io.sparkmae.data.layout;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * Name and size of a file from the extra headers before its tar header: POSIX type x, GNU type L.
 */
final class LongName {
  /** Empty if not given. */
  String name = "";

  /** -1 if not given. */
  long size = -1;

  void clear() {
    name = "";
    size = -1;
  }

  void read(char type, byte[] bytes) {
    if (type == 'L') {
      name = text(bytes, 0, bytes.length);
    } else {
      records(bytes);
    }
  }

  /**
   * Reads records {@code LENGTH KEY=VALUE\n}, where the length is of the whole record; stops at the
   * first malformed one.
   */
  private void records(byte[] bytes) {
    for (int at = 0; at < bytes.length; ) {
      int space = at;
      int length = 0;
      while (space < bytes.length && bytes[space] >= '0' && bytes[space] <= '9') {
        length = Math.min(length * 10 + bytes[space++] - '0', bytes.length);
      }
      if (space + 1 >= at + length || at + length > bytes.length) {
        return;
      }
      record(new String(bytes, space + 1, at + length - space - 2, UTF_8));
      at += length;
    }
  }

  private void record(String record) {
    if (record.startsWith("path=")) {
      name = record.substring(5);
    } else if (record.matches("size=\\d{1,15}")) {
      size = Long.parseLong(record.substring(5));
    }
  }

  /** Returns the text up to the first zero byte. */
  static String text(byte[] bytes, int from, int length) {
    int end = from;
    while (end < from + length && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, from, end - from, UTF_8);
  }
}
