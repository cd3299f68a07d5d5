package io.sparkmae.data.image;

import io.sparkmae.data.image.SampleSeed.Draws;
import io.sparkmae.data.image.View.PixelEdit;
import java.util.List;
import java.util.stream.IntStream;

/**
 * RandomResizedCrop and a horizontal flip with probability 1/2, as torchvision draws them, and then
 * any augmentations.
 *
 * @param imageSize side of the result, in pixels; a multiple of patchSize
 * @param patchSize side of a patch, in pixels
 * @param seed the run's seed
 * @param epoch from 0; every epoch crops anew
 * @param repeat from 0; several crops of one image in one epoch
 * @param range area and aspect ratio of the crop
 * @param edits augmentations of the result, in order
 */
public record RandomCrop(
    int imageSize,
    int patchSize,
    long seed,
    int epoch,
    int repeat,
    CropRange range,
    List<PixelEdit> edits)
    implements View {
  private static final int TRIES = 10;

  public RandomCrop {
    Patches.check(imageSize, patchSize);
    edits = List.copyOf(edits);
  }

  /** Makes a crop without augmentations. */
  public RandomCrop(
      int imageSize, int patchSize, long seed, int epoch, int repeat, CropRange range) {
    this(imageSize, patchSize, seed, epoch, repeat, range, List.of());
  }

  /** Makes a crop with the range of the pre-training recipe. */
  public RandomCrop(int imageSize, int patchSize, long seed, int epoch, int repeat) {
    this(imageSize, patchSize, seed, epoch, repeat, CropRange.PRETRAINING);
  }

  /**
   * Returns {@code count} crops with this and the following repeat numbers: views of one image in
   * one epoch.
   */
  public List<RandomCrop> repeats(int count) {
    return IntStream.range(repeat, repeat + count)
        .mapToObj(r -> new RandomCrop(imageSize, patchSize, seed, epoch, r, range, edits))
        .toList();
  }

  @Override
  public long sampleSeed(String key) {
    return SampleSeed.of(seed, epoch, key, repeat);
  }

  @Override
  public Framing framing(int width, int height, long sampleSeed) {
    Box crop = crop(width, height, SampleSeed.stream(sampleSeed, SampleSeed.CROP));
    boolean flip = SampleSeed.stream(sampleSeed, SampleSeed.FLIP).uniform() < 0.5;
    return new Framing(crop, imageSize, imageSize, Box.whole(imageSize, imageSize), flip);
  }

  // StrictMath, since Math.exp and Math.log may differ by a bit between machines.
  private Box crop(int width, int height, Draws draws) {
    double area = (double) width * height;
    double lowest = StrictMath.log(range.minRatio());
    double highest = StrictMath.log(range.maxRatio());
    for (int i = 0; i < TRIES; i++) {
      double target = area * draws.uniform(range.minScale(), range.maxScale());
      double ratio = StrictMath.exp(draws.uniform(lowest, highest));
      int w = (int) Math.rint(Math.sqrt(target * ratio));
      int h = (int) Math.rint(Math.sqrt(target / ratio));
      if (0 < w && w <= width && 0 < h && h <= height) {
        int top = draws.below(height - h + 1);
        return new Box(draws.below(width - w + 1), top, w, h);
      }
    }
    return centre(width, height);
  }

  private Box centre(int width, int height) {
    double ratio = (double) width / height;
    int w = width;
    int h = height;
    if (ratio < range.minRatio()) {
      h = (int) Math.rint(width / range.minRatio());
    } else if (ratio > range.maxRatio()) {
      w = (int) Math.rint(height * range.maxRatio());
    }
    return new Box((width - w) / 2, (height - h) / 2, w, h);
  }
}
