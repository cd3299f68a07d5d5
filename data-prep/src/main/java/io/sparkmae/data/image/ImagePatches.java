package io.sparkmae.data.image;

import io.sparkmae.data.image.View.PixelEdit;
import java.util.List;

/**
 * Turns encoded images into the patches of views. Not thread-safe: decoders and buffers are reused,
 * so an image allocates nothing but its part of the batch.
 */
public final class ImagePatches implements PatchWriter {
  private final ImageDecoder decoder = new ImageDecoder();
  private final Resampler resampler = new Resampler();
  private byte[] rgb = {};
  private long decodeNanos;
  private long resampleNanos;
  private long patchifyNanos;

  /**
   * Decodes, crops, resizes, mirrors and splits an image.
   *
   * @param encoded a JPEG or PNG file
   * @param view the view to show
   * @param sampleSeed from {@link View#sampleSeed}
   * @return uint8 [tokens, patchLength]; inside a patch row, column, channel
   * @throws BadData if the image cannot be decoded
   */
  public static byte[] of(byte[] encoded, View view, long sampleSeed) {
    byte[] patches = new byte[view.tokens() * view.patchLength()];
    try (var images = new ImagePatches()) {
      images.write(encoded, List.of(view), new long[] {sampleSeed}, 0, patches);
      return patches;
    } catch (Undecodable e) {
      throw new BadData("Cannot decode image: %s, %s".formatted(e.reason(), e.getMessage()), e);
    }
  }

  @Override
  public void write(
      byte[] encoded, List<? extends View> views, long[] seeds, int first, byte[] batch)
      throws Undecodable {
    long start = System.nanoTime();
    EncodedImage image = EncodedImage.of(encoded);
    var framings = new Framing[views.size()];
    Box all = null;
    for (int i = 0; i < framings.length; i++) {
      framings[i] = views.get(i).framing(image.width(), image.height(), seeds[first + i]);
      all = i == 0 ? framings[0].source() : all.around(framings[i].source());
    }
    RgbImage decoded = decoder.decode(image, all);
    decodeNanos += System.nanoTime() - start;
    for (int i = 0; i < framings.length; i++) {
      write(
          decoded,
          framings[i].source().within(all),
          framings[i],
          views.get(i),
          seeds[first + i],
          first + i,
          batch);
    }
  }

  private void write(
      RgbImage image, Box source, Framing framing, View view, long seed, int sample, byte[] batch) {
    int length = view.tokens() * view.patchLength();
    if (rgb.length != length) {
      rgb = new byte[length];
    }
    long start = System.nanoTime();
    resampler.resize(image, source, framing, rgb);
    for (PixelEdit edit : view.edits()) {
      edit.edit(rgb, view.imageSize(), seed);
    }
    long resized = System.nanoTime();
    Patches.patchify(rgb, view.imageSize(), view.patchSize(), batch, sample * length);
    resampleNanos += resized - start;
    patchifyNanos += System.nanoTime() - resized;
  }

  /** Returns the time spent on header and decoder. */
  public long decodeNanos() {
    return decodeNanos;
  }

  /** Returns the time spent on cropping, resizing, mirroring and augmenting. */
  public long resampleNanos() {
    return resampleNanos;
  }

  /** Returns the time spent on splitting into patches. */
  public long patchifyNanos() {
    return patchifyNanos;
  }

  @Override
  public void close() {
    decoder.close();
  }
}
