package io.sparkmae.data.channels;

import io.sparkmae.data.image.RejectReason;
import io.sparkmae.data.image.Undecodable;
import java.nio.ByteBuffer;

/**
 * Unpacks TIFF's LZW: codes of 9 to 12 bits, upper bits first, that grow one code early. It is used
 * for one piece after the other.
 *
 * @see <a href="https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf">TIFF 6.0, section
 *     13</a>
 */
final class TiffLzw {
  private static final int CLEAR = 256;
  private static final int END = 257;
  private static final int FIRST = 258;
  private static final int MOST_CODES = 1 << 12;

  private final int[] prefix = new int[MOST_CODES];
  private final byte[] last = new byte[MOST_CODES]; // byte of a code's string
  private final int[] length = new int[MOST_CODES];
  private ByteBuffer packed;
  private int bits;
  private int count; // of the bits that are not used yet

  TiffLzw() {
    for (int code = 0; code < CLEAR; code++) {
      last[code] = (byte) code;
      length[code] = 1;
    }
  }

  /** Unpacks at most {@code wanted} bytes; returns how many there are. */
  int unpack(ByteBuffer piece, byte[] to, int wanted) throws Undecodable {
    packed = piece;
    bits = 0;
    count = 0;
    int done = 0;
    int next = FIRST;
    int width = 9;
    int before = -1; // the code before; none after a clear
    for (int code = read(width); code >= 0 && code != END && done < wanted; code = read(width)) {
      if (code == CLEAR) {
        next = FIRST;
        width = 9;
        before = -1;
        continue;
      }
      if (code > next || before < 0 && code >= CLEAR || code == next && next == MOST_CODES) {
        throw new Undecodable(RejectReason.CORRUPT, "TIFF: LZW code " + code + " is not known");
      }
      if (before >= 0 && next < MOST_CODES) {
        prefix[next] = before;
        length[next] = length[before] + 1;
        last[next] = first(code == next ? before : code);
        next++;
      }
      done += write(code, to, done, wanted);
      width = next >= (1 << width) - 1 && width < 12 ? width + 1 : width;
      before = code;
    }
    return done;
  }

  private int read(int width) {
    while (count < width) {
      if (!packed.hasRemaining()) {
        return -1;
      }
      bits = bits << 8 | packed.get() & 0xff;
      count += 8;
    }
    count -= width;
    int code = bits >>> count;
    bits &= (1 << count) - 1;
    return code;
  }

  private byte first(int code) {
    int at = code;
    while (length[at] > 1) {
      at = prefix[at];
    }
    return last[at];
  }

  /** Writes the string of a code, from its end, as far as there is room; returns its length. */
  private int write(int code, byte[] to, int from, int wanted) {
    int at = code;
    for (int i = from + length[code] - 1; i >= from; i--, at = prefix[at]) {
      if (i < wanted) {
        to[i] = last[at];
      }
    }
    return Math.min(length[code], wanted - from);
  }
}
