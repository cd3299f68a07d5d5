package io.sparkmae.data.prepare;

import io.sparkmae.data.image.Box;
import io.sparkmae.data.image.EncodedImage;
import io.sparkmae.data.image.Framing;
import io.sparkmae.data.image.ImageDecoder;
import io.sparkmae.data.image.JpegEncoder;
import io.sparkmae.data.image.PixelSums;
import io.sparkmae.data.image.RejectReason;
import io.sparkmae.data.image.Resampler;
import io.sparkmae.data.image.RgbImage;
import io.sparkmae.data.image.Undecodable;
import io.sparkmae.data.layout.Sample;
import io.sparkmae.data.storage.MissingCodec;
import java.io.IOException;

/**
 * Decodes every image once: undecodable ones become rejects, too large ones are shrunk. Not
 * thread-safe.
 */
public final class Screening implements AutoCloseable {
  private static final int MOST_OF_JPEG = 65_500; // pixels of a side, as libjpeg has it

  private static final int HUGE = 32; // a decoded image of this part of the memory, or more

  private ImageDecoder decoder = new ImageDecoder();
  private final Resampler resampler = new Resampler();
  private final int shortSide;
  private final int quality;
  private final double leastRows;

  /** Makes a screening with the short side, quality and share of rows of {@code settings}. */
  public Screening(PrepareSettings settings) {
    this.shortSide = settings.shortSide();
    this.quality = settings.quality();
    this.leastRows = settings.leastRows();
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
      return decoded(sample);
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
    RgbImage image = decoder.decode(encoded);
    requireRows(encoded);
    return isLarger(image)
        ? shrink(sample, image)
        : sample.screened(sample.bytes(), PixelSums.of(image));
  }

  private void requireRows(EncodedImage image) throws Undecodable {
    if (image.truncated() && decoder.rowsRead() <= leastRows * image.height()) {
      throw new Undecodable(
          RejectReason.TRUNCATED,
          "%d of %d rows are there".formatted(decoder.rowsRead(), image.height()));
    }
  }

  private boolean isLarger(RgbImage image) {
    return shortSide > 0 && Math.min(image.width(), image.height()) > shortSide;
  }

  private Sample shrink(Sample sample, RgbImage image) throws IOException, Undecodable {
    double scale = (double) shortSide / Math.min(image.width(), image.height());
    int width = (int) Math.rint(image.width() * scale);
    int height = (int) Math.rint(image.height() * scale);
    requireJpeg(width, height);
    Box source = Box.whole(image.width(), image.height());
    var framing = new Framing(source, width, height, Box.whole(width, height), false);
    byte[] rgb = new byte[width * height * 3];
    resampler.resize(image, source, framing, rgb);
    RgbImage small = new RgbImage(width, height, rgb);
    return sample.screened(JpegEncoder.encode(small, quality), PixelSums.of(small));
  }

  private static void requireJpeg(int width, int height) throws Undecodable {
    if (Math.max(width, height) > MOST_OF_JPEG) {
      throw new Undecodable(
          RejectReason.TOO_LARGE,
          "%d × %d pixels after shrinking, more than a JPEG's %d"
              .formatted(width, height, MOST_OF_JPEG));
    }
  }

  @Override
  public void close() {
    decoder.close();
  }
}
