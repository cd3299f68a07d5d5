package io.sparkmae.data.prepare;

import io.sparkmae.data.channels.ChannelDecoder;
import io.sparkmae.data.channels.ChannelImage;
import io.sparkmae.data.channels.ChannelResampler;
import io.sparkmae.data.channels.ChannelSums;
import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.Undecodable;
import io.sparkmae.data.layout.Layout;
import io.sparkmae.data.layout.Sample;

/**
 * Decodes every image of any channels once, as {@link Screening} does with RGB. A shrunk image is
 * written as a NumPy array, all others as they are; a truncated one is a reject.
 */
final class ChannelScreening implements AutoCloseable {
  private final ChannelDecoder decoder;
  private final ChannelResampler resampler = new ChannelResampler();
  private final int shortSide;

  ChannelScreening(PixelFormat format, int shortSide) {
    this.decoder = new ChannelDecoder(format);
    this.shortSide = shortSide;
  }

  Sample screen(Sample sample) throws Undecodable {
    ChannelImage image = decoder.decode(sample.bytes());
    if (shortSide == 0 || Math.min(image.width(), image.height()) <= shortSide) {
      return sample.screened(sample.bytes(), ChannelSums.of(image), false);
    }
    ChannelImage small =
        resampler.resize(image, Screening.shrunk(image.width(), image.height(), shortSide));
    byte[] npy = small.npy();
    return npy.length > Layout.MAX_BYTES
        ? Layout.tooLarge(sample.key(), npy.length)
        : sample.screened(npy, ChannelSums.of(small), false);
  }

  @Override
  public void close() {
    decoder.close();
  }
}
