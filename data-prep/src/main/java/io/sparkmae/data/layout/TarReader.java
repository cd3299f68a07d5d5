package io.sparkmae.data.layout;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarUtils;
import org.apache.hadoop.conf.Configuration;

/**
 * Reads the regular files of a tar from any position on, and those of tars inside it.
 *
 * <p>Headers lie at multiples of 512 bytes, those of inner tars as well, and carry a checksum. So
 * reading can begin anywhere, and continue after damage, at the next block with a valid checksum.
 */
final class TarReader {
  private static final int BLOCK = 512;

  /** The largest distance in bytes from the headers of a long name to the header they belong to. */
  private static final int PREFIX = 8 * BLOCK;

  private static final int MAX_PREFIX = 1 << 20;
  private static final long NOWHERE = -1;
  private static final long REPORTED = -2;

  private final SourceInput in;
  private final boolean descend;
  private final List<Damage> damages = new ArrayList<>();
  private final byte[] block = new byte[BLOCK];
  private boolean searching;
  private long doubt = REPORTED;
  private long content;
  private Entry entry;

  /**
   * A file in the tar.
   *
   * @param position of its own header, after those of its long name
   * @param size in bytes
   */
  record Entry(long position, String name, long size) {}

  /** A damaged place, and its description. */
  record Damage(long position, String detail) {}

  /**
   * Makes a reader of the rest of an input.
   *
   * @param descend whether to return the files inside inner tars, not the inner tars
   */
  TarReader(SourceInput in, boolean descend) {
    this.in = in;
    this.descend = descend;
    this.searching = in.position() > 0;
  }

  /**
   * Opens the input for the files whose headers lie in a range; it begins earlier, since a long
   * name comes before its header.
   */
  static SourceInput open(SourceUnit unit, Configuration conf) {
    return SourceInput.open(unit, Math.max(0, unit.start() - PREFIX) & -BLOCK, conf);
  }

  /**
   * Returns the name of the first file in the first bytes of a tar that no {@link SkipRule} skips;
   * empty if there is none, or they are no tar's.
   */
  static String first(byte[] head) {
    for (long at = 0; at + BLOCK <= head.length; ) {
      byte[] header = Arrays.copyOfRange(head, (int) at, (int) at + BLOCK);
      String name = LongName.text(header, 0, 100);
      boolean file = header[156] == '0' || header[156] == 0;
      if (!isHeader(header)) {
        return "";
      }
      if (file && !name.endsWith("/") && SkipRule.of(name).isEmpty()) {
        return name;
      }
      at += BLOCK + padded(size(header));
    }
    return "";
  }

  /** Returns the next file, or null at the end. */
  Entry next() {
    skipContent();
    var name = new LongName();
    while (true) {
      long at = in.position();
      int read = in.read(block);
      if (read < BLOCK) {
        end(at, read);
        return null;
      }
      if (isZero()) {
        endOfInner();
      } else if (!isHeader(block)) {
        notHeader(at);
        name.clear();
      } else {
        found();
        entry = header(at, name);
        if (entry != null) {
          return entry;
        }
      }
    }
  }

  /**
   * Returns the bytes of the file that {@link #next} returned, or null if they are truncated; may
   * be called once per file.
   */
  byte[] content() {
    byte[] bytes = new byte[(int) entry.size];
    int read = in.read(bytes);
    content -= read;
    if (read < bytes.length) {
      damage(
          entry.position,
          "ends inside %s, after %d of %d bytes%s"
              .formatted(entry.name, read, bytes.length, fault()));
      content = 0;
      return null;
    }
    return bytes;
  }

  /** Returns the damage found since the last call. */
  List<Damage> damages() {
    List<Damage> found = List.copyOf(damages);
    damages.clear();
    return found;
  }

  private void skipContent() {
    long padding = entry == null ? 0 : -entry.size & (BLOCK - 1);
    if (content > 0 && !in.skip(content)) {
      damage(entry.position, "ends inside " + entry.name + fault());
    } else if (padding > 0) {
      in.skip(padding);
    }
    content = 0;
    entry = null;
  }

  private void end(long at, int read) {
    if (!in.fault().isEmpty()) {
      damage(at, "ends here" + fault());
    } else if (read > 0 && !searching) {
      damage(at, "ends inside a header");
    } else if (at == 0) {
      damage(at, "has no bytes");
    }
  }

  private String fault() {
    return in.fault().isEmpty() ? "" : ": " + in.fault();
  }

  /**
   * Handles a zero block, the end of a tar. Invalid blocks after it are damage only if another file
   * follows.
   */
  private void endOfInner() {
    if (!searching) {
      searching = true;
      doubt = NOWHERE;
    }
  }

  private void notHeader(long at) {
    if (!searching) {
      damage(at, "no tar header here");
      searching = true;
      doubt = REPORTED;
    } else if (doubt == NOWHERE) {
      doubt = at;
    }
  }

  private void found() {
    if (doubt >= 0) {
      damage(doubt, "no tar header here");
    }
    searching = false;
    doubt = NOWHERE;
  }

  private void damage(long position, String detail) {
    damages.add(new Damage(position, detail));
  }

  private boolean isZero() {
    for (byte b : block) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  private static boolean isHeader(byte[] block) {
    try {
      return TarUtils.verifyCheckSum(block) && size(block) >= 0;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static long size(byte[] block) {
    return TarUtils.parseOctalOrBinary(block, 124, 12);
  }

  /** Returns the file of this header; null if it is not a file's. */
  private Entry header(long at, LongName longName) {
    long size = size(block);
    char type = (char) block[156];
    switch (type) {
      case 'x', 'L' -> {
        longName.read(type, prefix(size));
        return null;
      }
      case '0', '\0', '7' -> {
        String name = longName.name.isEmpty() ? name() : longName.name;
        size = longName.size < 0 ? size : longName.size;
        longName.clear();
        if (name.endsWith("/") || descend && isTar(name)) {
          return null;
        }
        content = size;
        return new Entry(at, name, size);
      }
      case '1', '2' -> { // links carry no bytes; those of images must not vanish
        String name = longName.name.isEmpty() ? name() : longName.name;
        longName.clear();
        boolean image = Layout.IMAGE_EXTENSIONS.contains(SourceFile.extension(name));
        return image ? new Entry(at, name, 0) : null;
      }
      default -> {
        longName.clear();
        in.skip(type >= '1' && type <= '6' ? 0 : padded(size));
        return null;
      }
    }
  }

  /** Returns whether a name is an inner tar's; a Mac's {@code ._x.tar} is none. */
  static boolean isTar(String name) {
    return name.endsWith(".tar") && SkipRule.of(name).isEmpty();
  }

  private byte[] prefix(long size) {
    if (size > MAX_PREFIX) {
      in.skip(padded(size));
      return new byte[0];
    }
    byte[] bytes = new byte[(int) size];
    in.read(bytes);
    in.skip(padded(size) - size);
    return bytes;
  }

  private static long padded(long size) {
    return size + (-size & (BLOCK - 1));
  }

  private String name() {
    String name = LongName.text(block, 0, 100);
    boolean posix = LongName.text(block, 257, 6).equals("ustar") && block[262] == 0;
    String directory = posix ? LongName.text(block, 345, 155) : "";
    return directory.isEmpty() ? name : directory + "/" + name;
  }
}
