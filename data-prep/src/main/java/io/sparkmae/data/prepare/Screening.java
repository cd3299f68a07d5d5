package io.sparkmae.data.prepare;

import io.sparkmae.data.image.Box;
import io.sparkmae.data.image.EncodedImage;
import io.sparkmae.data.image.Framing;
import io.sparkmae.data.image.ImageDecoder;
import io.sparkmae.data.image.JpegEncoder;
import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.PixelSums;
import io.sparkmae.data.image.RejectReason;
import io.sparkmae.data.image.Resampler;
import io.sparkmae.data.image.RgbImage;
import io.sparkmae.data.image.Undecodable;
import io.sparkmae.data.image.codec.Orientation;
import io.sparkmae.data.layout.Sample;
import io.sparkmae.data.storage.MissingCodec;
import java.io.IOException;

/**
 * Decodes every image once: undecodable ones become rejects, too large ones are shrunk, and turned
 * ones are stored upright if wanted. Not thread-safe.
 */
public final class Screening implements AutoCloseable {
  private static final int MOST_OF_JPEG = 65_500; // pixels of a side, as libjpeg has it

  private static final int HUGE = 32; // a decoded image of this part of the memory, or more

  private ImageDecoder decoder = new ImageDecoder();
  private final Resampler resampler = new Resampler();
  private final int shortSide;
  private final int quality;
  private final double leastRows;
  private final ChannelScreening channels; // null for RGB
  private final boolean upright;

  /** Makes a screening with the settings that concern one image. */
  public Screening(PrepareSettings settings) {
    this.shortSide = settings.shortSide();
    this.quality = settings.quality();
    this.leastRows = settings.leastRows();
    this.channels =
        settings.pixels().equals(PixelFormat.RGB)
            ? null
            : new ChannelScreening(settings.pixels(), shortSide);
    this.upright = settings.upright();
  }

  /**
   * Returns the sample to write: the image, shrunk if needed, or a reject.
   *
   * @throws MissingCodec if code is missing on this machine, which is no image's fault
   */
  public Sample screen(Sample sample) {
    if (!sample.isImage()) {
      return sample;
    }
    try {
      return channels == null ? decoded(sample) : channels.screen(sample);
    } catch (Undecodable e) {
      return Sample.reject(sample.key(), e.reason(), e.getMessage());
    } catch (IOException
        | RuntimeException
        | StackOverflowError
        | InternalError
        | AssertionError e) { // of decoders and encoders: one image, one reject
      decoder.close(); // in a state that nobody knows
      decoder = new ImageDecoder();
      return Sample.reject(sample.key(), RejectReason.CORRUPT, e.toString());
    } catch (LinkageError e) {
      throw new MissingCodec(
          "Cannot decode %s: code for it is missing here, %s (add its jar or native library to the driver and the executors)"
              .formatted(sample.key(), e),
          e);
    }
  }

  private Sample decoded(Sample sample) throws IOException, Undecodable {
    EncodedImage encoded = EncodedImage.of(sample.bytes());
    try {
      return decoded(sample, encoded);
    } catch (OutOfMemoryError e) {
      long memory = Runtime.getRuntime().maxMemory();
      if (3L * encoded.width() * encoded.height() < memory / HUGE) {
        throw e; // others took the memory: another attempt may have it
      }
      throw new Undecodable(
          RejectReason.TOO_LARGE,
          "%d × %d pixels, too many for the %d MiB here"
              .formatted(encoded.width(), encoded.height(), memory >> 20));
    }
  }

  private Sample decoded(Sample sample, EncodedImage encoded) throws IOException, Undecodable {
    requireRows(encoded);
    boolean turn = upright && encoded.orientation() != Orientation.UPRIGHT && !encoded.isTurned();
    RgbImage image = turn ? decoder.upright(encoded) : decoder.decode(encoded);
    RgbImage written = isLarger(image) ? shrunk(image) : image;
    return sample.screened(
        turn || written != image ? jpeg(written) : sample.bytes(),
        PixelSums.of(written),
        encoded.orientation() != Orientation.UPRIGHT);
  }

  private void requireRows(EncodedImage image) throws Undecodable {
    int rows = image.truncated() ? decoder.rowsThere(image) : image.height();
    if (image.truncated() && rows <= leastRows * image.height()) {
      throw new Undecodable(
          RejectReason.TRUNCATED, "%d of %d rows are there".formatted(rows, image.height()));
    }
  }

  private boolean isLarger(RgbImage image) {
    return shortSide > 0 && Math.min(image.width(), image.height()) > shortSide;
  }

  /** Returns all of an image, with {@code shortSide} as its short side. */
  static Framing shrunk(int width, int height, int shortSide) {
    double scale = (double) shortSide / Math.min(width, height);
    int newWidth = (int) Math.rint(width * scale);
    int newHeight = (int) Math.rint(height * scale);
    Box window = Box.whole(newWidth, newHeight);
    return new Framing(Box.whole(width, height), newWidth, newHeight, window, false);
  }

  private RgbImage shrunk(RgbImage image) throws Undecodable {
    Framing framing = shrunk(image.width(), image.height(), shortSide);
    int width = framing.width();
    int height = framing.height();
    requireJpeg(width, height);
    byte[] rgb = new byte[width * height * 3];
    resampler.resize(image, framing.source(), framing, rgb);
    return new RgbImage(width, height, rgb);
  }

  private byte[] jpeg(RgbImage image) throws IOException, Undecodable {
    requireJpeg(image.width(), image.height());
    return JpegEncoder.encode(image, quality);
  }

  private static void requireJpeg(int width, int height) throws Undecodable {
    if (Math.max(width, height) > MOST_OF_JPEG) {
      throw new Undecodable(
          RejectReason.TOO_LARGE,
          "%d × %d pixels to be stored, more than a JPEG's %d"
              .formatted(width, height, MOST_OF_JPEG));
    }
  }

  @Override
  public void close() {
    decoder.close();
    if (channels != null) {
      channels.close();
    }
  }
}
