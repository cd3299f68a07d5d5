package io.sparkmae.data.channels;

import io.sparkmae.data.image.BadData;
import io.sparkmae.data.image.Framing;
import io.sparkmae.data.image.ImagePatches;
import io.sparkmae.data.image.PatchWriter;
import io.sparkmae.data.image.Patches;
import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.Undecodable;
import io.sparkmae.data.image.View;
import java.util.List;

/** Turns encoded images of any channels into the patches of views. */
public final class ChannelPatches implements PatchWriter {
  private final PixelFormat format;
  private final ChannelDecoder decoder;
  private final ChannelResampler resampler = new ChannelResampler();

  private ChannelPatches(PixelFormat format) {
    this.format = format;
    this.decoder = new ChannelDecoder(format);
  }

  /** Returns the writer of images of {@code format}; for RGB it is {@link ImagePatches}. */
  public static PatchWriter writer(PixelFormat format) {
    return format.equals(PixelFormat.RGB) ? new ImagePatches() : new ChannelPatches(format);
  }

  /**
   * Decodes, crops, resizes, mirrors and splits an image.
   *
   * @param sampleSeed from {@link View#sampleSeed}
   * @return [tokens, patch bytes], as {@link PatchWriter} writes them
   * @throws BadData if the image cannot be decoded
   */
  public static byte[] of(byte[] encoded, PixelFormat format, View view, long sampleSeed) {
    byte[] patches = new byte[view.tokens() * view.patchLength(format)];
    try (PatchWriter writer = writer(format)) {
      writer.write(encoded, List.of(view), new long[] {sampleSeed}, 0, patches);
      return patches;
    } catch (Undecodable e) {
      throw new BadData("Cannot decode image: %s, %s".formatted(e.reason(), e.getMessage()), e);
    }
  }

  @Override
  public void write(
      byte[] encoded, List<? extends View> views, long[] seeds, int first, byte[] batch)
      throws Undecodable {
    ChannelImage image = decoder.decode(encoded);
    for (int i = 0; i < views.size(); i++) {
      View view = views.get(i);
      Framing framing = view.framing(image.width(), image.height(), seeds[first + i]);
      byte[] pixels = new byte[view.tokens() * view.patchLength(format)];
      resampler.resize(image, framing, pixels);
      Patches.patchify(
          pixels,
          view.imageSize(),
          view.patchSize(),
          format.bytes(),
          batch,
          (first + i) * pixels.length);
    }
  }

  @Override
  public void close() {
    decoder.close();
  }
}
