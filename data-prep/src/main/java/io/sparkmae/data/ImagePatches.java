package io.sparkmae.data;

/** One encoded image as the patches of a view. */
public final class ImagePatches {
  private ImagePatches() {}

  /**
   * Decodes, crops, resizes, mirrors and splits an image.
   *
   * @param encoded a JPEG or PNG file
   * @param view how to look at it
   * @param sampleSeed from {@link View#sampleSeed}
   * @return uint8 [tokens, patchLength]; inside a patch row, column, channel
   * @throws BadData if the bytes are not an image that can be decoded
   */
  public static byte[] of(byte[] encoded, View view, long sampleSeed) {
    byte[] patches = new byte[view.tokens() * view.patchLength()];
    try (var decoder = new ImageDecoder()) {
      write(decoder, encoded, view, sampleSeed, patches, 0);
      return patches;
    } catch (Undecodable e) {
      throw new BadData("Cannot decode image: %s, %s".formatted(e.reason(), e.getMessage()), e);
    }
  }

  /** The same, with a decoder at hand, into a batch. */
  static void write(
      ImageDecoder decoder, byte[] encoded, View view, long sampleSeed, byte[] batch, int offset)
      throws Undecodable {
    EncodedImage image = EncodedImage.of(encoded);
    Framing framing = view.framing(image.width(), image.height(), sampleSeed);
    RgbImage source = decoder.decode(image, framing.source());
    byte[] rgb = Resampler.resize(source, framing.width(), framing.height(), framing.window());
    if (framing.flip()) {
      mirror(rgb, view.imageSize());
    }
    Patches.patchify(rgb, view.imageSize(), view.patchSize(), batch, offset);
  }

  private static void mirror(byte[] rgb, int size) {
    for (int row = 0; row < rgb.length; row += size * 3) {
      for (int left = row, right = row + (size - 1) * 3; left < right; left += 3, right -= 3) {
        for (int c = 0; c < 3; c++) {
          byte swapped = rgb[left + c];
          rgb[left + c] = rgb[right + c];
          rgb[right + c] = swapped;
        }
      }
    }
  }
}
