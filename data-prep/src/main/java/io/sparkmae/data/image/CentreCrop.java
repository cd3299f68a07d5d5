package io.sparkmae.data.image;

/**
 * The view for evaluation: the short side resized to round(imageSize * 256 / 224), then the centre
 * square, never mirrored, as torchvision's Resize and CenterCrop.
 *
 * @param imageSize side of the result, in pixels; a multiple of patchSize
 * @param patchSize side of a patch, in pixels
 */
public record CentreCrop(int imageSize, int patchSize) implements View {
  public CentreCrop {
    Patches.check(imageSize, patchSize);
  }

  @Override
  public long sampleSeed(String key) {
    return SampleSeed.of(0, 0, key, 0);
  }

  @Override
  public Framing framing(int width, int height, long sampleSeed) {
    long shortSide = shortSide(imageSize);
    int resizedWidth = width <= height ? (int) shortSide : (int) (shortSide * width / height);
    int resizedHeight = width <= height ? (int) (shortSide * height / width) : (int) shortSide;
    Box window = new Box(margin(resizedWidth), margin(resizedHeight), imageSize, imageSize);
    return new Framing(Box.whole(width, height), resizedWidth, resizedHeight, window, false);
  }

  /** Returns what the short side is resized to before the crop: {@code imageSize} · 256 ÷ 224. */
  public static int shortSide(int imageSize) {
    return (int) Math.round(imageSize * 256 / 224.0);
  }

  private int margin(int resized) {
    return (int) Math.rint((resized - imageSize) / 2.0);
  }
}
