package io.sparkmae.data;

import java.io.IOException;

/**
 * Decodes every image once: what cannot be decoded becomes a reject, what is too large is shrunk.
 * For one thread.
 */
final class Screening implements AutoCloseable {
  private final ImageDecoder decoder = new ImageDecoder();
  private final int shortSide;
  private final int quality;

  /** Shrinks to {@code shortSide} pixels at this JPEG quality; 0 keeps the original bytes. */
  Screening(int shortSide, int quality) {
    this.shortSide = shortSide;
    this.quality = quality;
  }

  /** The sample as it is to be written. */
  Sample screen(Sample sample) {
    if (!sample.isImage()) {
      return sample;
    }
    try {
      RgbImage image = decoder.decode(EncodedImage.of(sample.bytes()));
      return isLarger(image) ? shrink(sample, image) : sample;
    } catch (Undecodable e) {
      return Sample.reject(sample.key(), e.reason(), e.getMessage());
    }
  }

  private boolean isLarger(RgbImage image) {
    return shortSide > 0 && Math.min(image.width(), image.height()) > shortSide;
  }

  private Sample shrink(Sample sample, RgbImage image) {
    double scale = (double) shortSide / Math.min(image.width(), image.height());
    int width = (int) Math.rint(image.width() * scale);
    int height = (int) Math.rint(image.height() * scale);
    byte[] rgb = Resampler.resize(image, width, height, Box.whole(width, height));
    try {
      byte[] jpeg = JpegEncoder.encode(new RgbImage(width, height, rgb), quality);
      return Sample.image(sample.key(), jpeg, sample.label());
    } catch (IOException e) {
      throw new IllegalStateException("Cannot encode image %s".formatted(sample.key()), e);
    }
  }

  @Override
  public void close() {
    decoder.close();
  }
}
