package io.sparkmae.data.image;

import io.sparkmae.data.image.codec.Orientation;
import io.sparkmae.data.image.codec.TiffDirectory;

/**
 * Reads the first directory of a TIFF, checks all that its reader goes by, and makes a TIFF of
 * those tags alone: the first page, without profiles and metadata.
 */
final class TiffHeader {
  private static final int WIDTH = 256;
  private static final int HEIGHT = 257;
  private static final int BITS = 258;
  private static final int COMPRESSION = 259;
  private static final int PHOTOMETRIC = 262;
  private static final int STRIPS = 273;
  private static final int SAMPLES = 277;
  private static final int ROWS_PER_STRIP = 278;
  private static final int STRIP_BYTES = 279;
  private static final int PLANAR = 284;
  private static final int PREDICTOR = 317;
  private static final int PALETTE = 320;
  private static final int TILE_WIDTH = 322;
  private static final int TILE_HEIGHT = 323;
  private static final int TILES = 324;
  private static final int TILE_BYTES = 325;
  private static final int EXTRA_SAMPLES = 338;
  private static final int[] TAGS = {
    WIDTH,
    HEIGHT,
    BITS,
    COMPRESSION,
    PHOTOMETRIC,
    STRIPS,
    SAMPLES,
    ROWS_PER_STRIP,
    STRIP_BYTES,
    PLANAR,
    PREDICTOR,
    PALETTE,
    TILE_WIDTH,
    TILE_HEIGHT,
    TILES,
    TILE_BYTES,
    EXTRA_SAMPLES
  };
  private static final int SAMPLE_FORMAT = 339;
  private static final int FILL_ORDER = 266;
  private static final int ASSOCIATED_ALPHA = 1;
  private static final int NONE = 1;
  private static final int LZW = 5;
  private static final int DEFLATE = 8;
  private static final int PACK_BITS = 32773;
  private static final int OLD_DEFLATE = 32946;

  private final TiffDirectory directory;
  private final byte[] bytes;
  private final long width;
  private final long height;
  private final long samples;
  private final long bits;
  private final long compression;

  TiffHeader(byte[] bytes) {
    this.bytes = bytes;
    this.directory = new TiffDirectory(bytes, 0, bytes.length);
    this.width = tag(WIDTH, 0);
    this.height = tag(HEIGHT, 0);
    this.samples = tag(SAMPLES, 1);
    this.bits = tag(BITS, 1);
    this.compression = tag(COMPRESSION, NONE);
  }

  private long tag(int tag, long otherwise) {
    return directory.value(tag, 0, otherwise);
  }

  EncodedImage read() throws Undecodable {
    if (width == 0 || height == 0) {
      throw new Undecodable(RejectReason.TRUNCATED_HEADER, "TIFF without a size");
    }
    EncodedImage.requireSize(width, height);
    requireKnown();
    requireBytes();
    requireParts();
    Orientation orientation = Orientation.of(directory);
    return new EncodedImage(
        EncodedImage.Format.TIFF,
        (int) (orientation.swaps() ? height : width),
        (int) (orientation.swaps() ? width : height),
        0,
        false,
        orientation,
        Canvas.of((int) width, (int) height),
        file());
  }

  /** Returns the file with its palette cut to 8 bits: its reader would round. */
  private byte[] file() {
    byte[] file = directory.only(TAGS);
    var copy = new TiffDirectory(file, 0, file.length);
    for (int i = 0; i < copy.count(PALETTE); i++) {
      copy.setShort(PALETTE, i, (int) (copy.value(PALETTE, i, 0) >> 8) * 257);
    }
    return file;
  }

  private void requireKnown() throws Undecodable {
    if (!hasKnownColours() || !hasEqualBits() || !hasKnownCoding()) {
      throw new Undecodable(
          RejectReason.UNSUPPORTED,
          ("TIFF of %d samples of %d bits, photometric %d, compression %d (save it as 8-bit RGB, grey or"
                  + " palette, with LZW, deflate or no compression)")
              .formatted(samples, bits, tag(PHOTOMETRIC, -1), compression));
    }
  }

  /** Returns whether the image is grey, RGB or of a palette, perhaps with an alpha. */
  private boolean hasKnownColours() {
    boolean whole = bits == 8;
    return switch ((int) tag(PHOTOMETRIC, -1)) {
      case 0, 1 -> samples == 1 && (whole || bits == 1 || bits == 4) || samples == 2 && whole;
      case 2 -> (samples == 3 || samples == 4) && whole;
      case 3 -> samples == 1 && (whole || bits == 4) && directory.count(PALETTE) == 3 << bits;
      default -> false;
    };
  }

  private boolean hasEqualBits() {
    boolean equal = true;
    for (int i = 1; i < samples && i < 4; i++) {
      equal &= directory.value(BITS, i, -1) == bits;
    }
    return equal && tag(SAMPLE_FORMAT, 1) == 1 && tag(FILL_ORDER, 1) == 1;
  }

  private boolean hasKnownCoding() {
    boolean known =
        switch ((int) compression) {
          case NONE, LZW, DEFLATE, PACK_BITS, OLD_DEFLATE -> true;
          default -> false;
        };
    long predictor = tag(PREDICTOR, 1);
    return known
        && (predictor == 1 || predictor == 2 && bits == 8)
        && (tag(EXTRA_SAMPLES, 0) != ASSOCIATED_ALPHA || samples == 4);
  }

  /** Refuses a bomb: fewer bytes than its compression can make this image of. */
  private void requireBytes() throws Undecodable {
    int most =
        switch ((int) compression) {
          case NONE -> 1;
          case LZW -> 4096; // of a code, which takes a byte or more
          case PACK_BITS -> 64; // 128 of 2
          default -> 1032;
        };
    if (width * height * samples * bits / 8 / most > bytes.length) {
      throw new Undecodable(
          RejectReason.TRUNCATED,
          "%d x %d pixels in %d bytes".formatted(width, height, bytes.length));
    }
  }

  /** Checks strips or tiles: as many as the image needs, and inside the file. */
  private void requireParts() throws Undecodable {
    boolean tiled = directory.count(TILES) > 0;
    long across = tiled ? tag(TILE_WIDTH, 0) : width;
    long down = tiled ? tag(TILE_HEIGHT, 0) : Math.min(height, tag(ROWS_PER_STRIP, height));
    if (across < 1 || down < 1 || tiled && (across % 16 != 0 || down % 16 != 0)) {
      throw new Undecodable(
          RejectReason.CORRUPT, "TIFF with parts of %d x %d".formatted(across, down));
    }
    EncodedImage.requireSize(across, down);
    long planes = tag(PLANAR, 1) == 2 ? samples : 1;
    long parts = (width + across - 1) / across * ((height + down - 1) / down) * planes;
    int offsets = tiled ? TILES : STRIPS;
    int lengths = tiled ? TILE_BYTES : STRIP_BYTES;
    if (directory.count(offsets) < parts || directory.count(lengths) < parts) {
      throw new Undecodable(RejectReason.CORRUPT, "TIFF without " + parts + " parts");
    }
    requireInside(parts, offsets, lengths);
  }

  private void requireInside(long parts, int offsets, int lengths) throws Undecodable {
    for (int i = 0; i < parts; i++) {
      long end = directory.value(offsets, i, 0) + directory.value(lengths, i, 0);
      if (end > bytes.length) {
        throw new Undecodable(
            RejectReason.TRUNCATED,
            "TIFF of %d bytes, part %d ends at %d".formatted(bytes.length, i, end));
      }
    }
  }
}
