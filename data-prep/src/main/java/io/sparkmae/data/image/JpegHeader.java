package io.sparkmae.data.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.sparkmae.data.image.codec.Leptonica;
import io.sparkmae.data.image.codec.MotionJpeg;
import io.sparkmae.data.image.codec.Orientation;
import java.io.ByteArrayOutputStream;

/**
 * Reads a JPEG's frame header and drops segments that must not affect its pixels: profiles, EXIF,
 * thumbnails and comments.
 *
 * <p>ImageIO would convert by the ICC profile, slowly and unlike other loaders. It also guesses the
 * colour space by its own rules, so a marker that fixes it by libjpeg's rules is written first.
 */
final class JpegHeader {
  private static final byte[] JFIF = {
    (byte) 0xff, (byte) 0xe0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0
  };
  // Of the colours that three or four components are: 0 as they are, 2 YCCK
  private static final byte[] ADOBE = {
    (byte) 0xff, (byte) 0xee, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0
  };
  private static final int HUFFMAN_TABLE = 0xc4;
  private static final int ARITHMETIC = 0xc9;
  private static final int ARITHMETIC_PROGRESSIVE = 0xca;
  private static final int MOST_SCANS = 500; // libjpeg-turbo's advice
  private static final int APP0 = 0xe0;
  private static final int APP1 = 0xe1;
  private static final int APP14 = 0xee;
  private static final int APP15 = 0xef;
  private static final int COMMENT = 0xfe;
  private static final int START_OF_SCAN = 0xda;
  private static final int END_OF_IMAGE = 0xd9;

  private final byte[] bytes;
  private final ByteArrayOutputStream kept;
  private int position = 2;
  private int width;
  private int height;
  private int components;
  private boolean namedRgb;
  private boolean jfif;
  private boolean arithmetic;
  private boolean progressive;
  private boolean hasTables;
  private int transform = -1; // of Adobe's marker
  private Orientation orientation = Orientation.UPRIGHT;
  private boolean hasExif;

  JpegHeader(byte[] bytes) {
    this.bytes = bytes;
    this.kept = new ByteArrayOutputStream();
  }

  EncodedImage read() throws Undecodable {
    int marker = nextMarker();
    while (marker != START_OF_SCAN) {
      segment(marker, segmentLength());
      marker = nextMarker();
    }
    if (components == 0) {
      throw new Undecodable(RejectReason.CORRUPT, "JPEG scan without a frame header");
    }
    segmentLength(); // the scan's header is there
    requireFewScans();
    if (arithmetic && !hasEnd()) {
      throw new Undecodable(
          RejectReason.TRUNCATED, "arithmetic JPEG, whose rows cannot be counted");
    }
    return new EncodedImage(
        EncodedImage.Format.JPEG,
        width,
        height,
        components,
        !hasEnd(),
        orientation,
        Canvas.of(width, height),
        withColourMarker());
  }

  /**
   * Moves to the next marker and returns it. Invalid bytes between segments are skipped, as in
   * libjpeg.
   */
  private int nextMarker() throws Undecodable {
    while (position + 3 < bytes.length) {
      int marker = at(position + 1);
      if (at(position) == 0xff && marker == END_OF_IMAGE) {
        break;
      }
      if (at(position) == 0xff && marker >= 0xc0 && marker != 0xff && (marker & 0xf8) != 0xd0) {
        return marker;
      }
      position++;
    }
    throw new Undecodable(RejectReason.TRUNCATED_HEADER, "JPEG ends before its first scan");
  }

  private int segmentLength() throws Undecodable {
    int length = 2 + at(position + 2) * 256 + at(position + 3);
    if (length < 4) {
      throw new Undecodable(RejectReason.CORRUPT, "JPEG segment of no length");
    }
    if (position + length > bytes.length) {
      throw new Undecodable(RejectReason.TRUNCATED_HEADER, "JPEG ends before its first scan");
    }
    return length;
  }

  private void segment(int marker, int length) throws Undecodable {
    if (marker == APP0) {
      jfif |= length >= 18 && begins("JFIF\0");
    } else if (marker == APP14) {
      transform = length >= 16 && begins("Adobe") ? at(position + 15) : transform;
    } else if (marker == APP1 && !hasExif && begins("Exif\0\0")) {
      hasExif = true;
      orientation = Orientation.ofExif(bytes, position + 10, position + length);
    } else if ((marker < APP0 || marker > APP15) && marker != COMMENT) {
      if (isFrame(marker)) {
        frame(marker, length);
      }
      hasTables |= marker == HUFFMAN_TABLE;
      kept.write(bytes, position, length);
    }
    position += length;
  }

  private boolean begins(String text) {
    return position + 4 + text.length() <= bytes.length
        && new String(bytes, position + 4, text.length(), ISO_8859_1).equals(text);
  }

  /** Returns whether a marker, that is not above start of scan in a header, begins a frame. */
  static boolean isFrame(int marker) {
    return marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
  }

  /**
   * Reads a frame header: baseline, extended or progressive of 8 bits. Others are rejected, since
   * not every decoder knows them.
   */
  private void frame(int marker, int length) throws Undecodable {
    if (length < 10 || length < 10 + 3 * at(position + 9)) {
      throw new Undecodable(RejectReason.CORRUPT, "JPEG frame header too short");
    }
    components = at(position + 9);
    arithmetic = marker == ARITHMETIC || marker == ARITHMETIC_PROGRESSIVE;
    // the Java runtime decodes four components, and not each one knows arithmetic coding
    boolean coded = arithmetic ? components < 4 && Leptonica.isLoaded() : marker <= 0xc2;
    if (!coded || at(position + 4) != 8 || components > 4 || components % 4 == 2) {
      throw new Undecodable(
          RejectReason.UNSUPPORTED,
          "JPEG process %d with %d components of %d bits (save it as a baseline JPEG)"
              .formatted(marker - 0xc0, components, at(position + 4)));
    }
    hasTables |= arithmetic;
    progressive = (marker & 3) == 2;
    height = at(position + 5) * 256 + at(position + 6);
    width = at(position + 7) * 256 + at(position + 8);
    namedRgb = components == 3 && id(0) == 'R' && id(1) == 'G' && id(2) == 'B';
  }

  private int id(int component) {
    return at(position + 10 + 3 * component);
  }

  /**
   * Returns whether the file has an end marker. Inside a scan 0xff is always followed by 0 or a
   * restart, so a truncated file has none.
   */
  private boolean hasEnd() {
    for (int i = bytes.length - 2; i > position; i--) {
      if (at(i) == 0xff && at(i + 1) == END_OF_IMAGE) {
        return true;
      }
    }
    return false;
  }

  /** Refuses a bomb of scans: each goes over the whole image, and takes a few bytes. */
  private void requireFewScans() throws Undecodable {
    boolean several = progressive || at(position + 4) < components;
    int scans = 0;
    for (int i = position; i + 1 < bytes.length && several; i++) {
      scans += at(i) == 0xff && at(i + 1) == START_OF_SCAN ? 1 : 0;
    }
    if (scans > MOST_SCANS) {
      throw new Undecodable(
          RejectReason.TOO_LARGE, "JPEG of %d scans, more than %d".formatted(scans, MOST_SCANS));
    }
  }

  private byte[] withColourMarker() {
    byte[] colour = colourMarker();
    byte[] segments = kept.toByteArray();
    byte[] tables = hasTables ? new byte[0] : MotionJpeg.tables();
    int scan = 2 + colour.length + segments.length + tables.length;
    byte[] out = new byte[scan + bytes.length - position]; // one copy of the large part
    out[0] = (byte) 0xff;
    out[1] = (byte) 0xd8;
    System.arraycopy(colour, 0, out, 2, colour.length);
    System.arraycopy(segments, 0, out, 2 + colour.length, segments.length);
    System.arraycopy(tables, 0, out, scan - tables.length, tables.length);
    System.arraycopy(bytes, position, out, scan, bytes.length - position);
    return out;
  }

  /** Returns the marker of the colours that libjpeg would see. */
  private byte[] colourMarker() {
    if (components == 3) {
      boolean rgb = !jfif && (transform == 0 || transform < 0 && namedRgb);
      return rgb ? ADOBE : JFIF;
    }
    if (components == 4) {
      byte[] marker = asTheyAre();
      marker[15] = (byte) (transform > 0 ? 2 : 0);
      return marker;
    }
    return new byte[0];
  }

  /** Returns the marker of colours that are stored without conversion. */
  static byte[] asTheyAre() {
    return ADOBE.clone();
  }

  private int at(int i) {
    return bytes[i] & 0xff;
  }
}
