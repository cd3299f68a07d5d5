package io.sparkmae.data.augment;

import io.sparkmae.data.PatchBatch;
import io.sparkmae.data.image.BadData;
import io.sparkmae.data.image.Box;
import io.sparkmae.data.image.SampleSeed;
import io.sparkmae.data.image.SampleSeed.Draws;
import java.io.Serializable;
import java.util.Arrays;

/**
 * Soft targets, and the mixing of a batch's images with those of the batch in reverse order: mixup
 * (Zhang et al. 2018) or cutmix (Yun et al. 2019), one share for the whole batch.
 *
 * <p>Mixed pixels are rounded to bytes. If both are on, each batch has one of them with probability
 * 1/2.
 *
 * @param mixup α of the share's distribution Beta(α, α), 0.8 in the paper; 0 for no mixup
 * @param cutmix α of the same for cutmix, 1 in the paper; 0 for no cutmix
 * @param smoothing share of a target that all classes have in common, 0.1 in the paper
 * @param classes number of classes
 */
public record Mixing(double mixup, double cutmix, double smoothing, int classes)
    implements Serializable {

  public Mixing {
    if (!(mixup >= 0 && cutmix >= 0 && smoothing >= 0 && smoothing < 1)) {
      throw new IllegalArgumentException(
          "Invalid mixing: mixup %s, cutmix %s, smoothing %s (must be at least 0, and smoothing below 1)"
              .formatted(mixup, cutmix, smoothing));
    }
  }

  /**
   * Mixes the batch's patches in place; returns its targets, [batch, classes].
   *
   * @param patchSize side of a patch, in pixels
   * @throws BadData if an image has no label, or one that is no class
   */
  public float[][] apply(PatchBatch batch, int patchSize) {
    requireLabels(batch);
    Draws draws = SampleSeed.stream(batch.sampleSeeds()[0], SampleSeed.MIX);
    if (mixup == 0 && cutmix == 0) {
      return targets(batch.labels(), 1);
    }
    boolean cuts = cutmix > 0 && (mixup == 0 || draws.uniform() < 0.5);
    double share = beta(cuts ? cutmix : mixup, draws);
    Geometry geometry = Geometry.of(batch, patchSize);
    return targets(batch.labels(), cuts ? cut(geometry, share, draws) : mix(geometry, share));
  }

  private void requireLabels(PatchBatch batch) {
    for (int i = 0; i < batch.size(); i++) {
      int label = batch.labels()[i];
      if (label < 0 || label >= classes) {
        throw new BadData(
            "Cannot train a classifier on %s: its label is %d (must be a class, 0 to %d; leave out images without one)"
                .formatted(batch.keys()[i], label, classes - 1));
      }
    }
  }

  /** Returns the targets for images of which {@code share} is their own. */
  float[][] targets(int[] labels, double share) {
    float off = (float) (smoothing / classes);
    float on = (float) (1 - smoothing);
    float[][] targets = new float[labels.length][classes];
    for (int i = 0; i < labels.length; i++) {
      Arrays.fill(targets[i], off);
      targets[i][labels[i]] += (float) (on * share);
      targets[i][labels[labels.length - 1 - i]] += (float) (on * (1 - share));
    }
    return targets;
  }

  private static double mix(Geometry images, double share) {
    float own = (float) share;
    byte[] all = images.patches;
    for (int i = 0; i < images.count / 2; i++) {
      int a = i * images.length;
      int b = (images.count - 1 - i) * images.length;
      for (int end = a + images.length; a < end; a++, b++) {
        int first = all[a] & 0xff;
        int second = all[b] & 0xff;
        all[a] = (byte) (own * first + (1 - own) * second + 0.5f);
        all[b] = (byte) (own * second + (1 - own) * first + 0.5f);
      }
    }
    return share;
  }

  /** Exchanges a box between the images of each pair; returns the share outside it. */
  private static double cut(Geometry images, double share, Draws draws) {
    Box box = box(images.size, share, draws.below(images.size), draws.below(images.size));
    for (int i = 0; i < images.count / 2; i++) {
      for (int y = box.top(); y < box.top() + box.height(); y++) {
        for (int x = box.left(); x < box.left() + box.width(); x++) {
          images.exchange(i, images.count - 1 - i, y, x);
        }
      }
    }
    return 1 - (double) box.width() * box.height() / ((double) images.size * images.size);
  }

  /**
   * Returns the box around a point: its sides are √(1 − share) of the image's, and it is cut off at
   * the borders.
   */
  static Box box(int size, double share, int y, int x) {
    int side = (int) (size * Math.sqrt(1 - share));
    int top = Math.max(0, y - side / 2);
    int left = Math.max(0, x - side / 2);
    int bottom = Math.min(size, y + (side + 1) / 2);
    int right = Math.min(size, x + (side + 1) / 2);
    return new Box(left, top, right - left, bottom - top);
  }

  /** Draws from Beta(α, α) by Jöhnk's method, which is meant for small α. */
  static double beta(double alpha, Draws draws) {
    while (true) {
      double a = StrictMath.pow(draws.uniform(), 1 / alpha);
      double b = StrictMath.pow(draws.uniform(), 1 / alpha);
      if (a + b > 0 && a + b <= 1) {
        return a / (a + b);
      }
    }
  }

  /** The images of a batch as pixels. */
  private record Geometry(byte[] patches, int count, int length, int size, int patch) {

    static Geometry of(PatchBatch batch, int patch) {
      int size = patch * (int) Math.round(Math.sqrt(batch.tokens()));
      return new Geometry(
          batch.patches(), batch.size(), batch.tokens() * batch.patchLength(), size, patch);
    }

    private void exchange(int first, int second, int y, int x) {
      int channels = length / (size * size);
      int token = y / patch * (size / patch) + x / patch;
      int at = ((token * patch + y % patch) * patch + x % patch) * channels;
      for (int channel = 0; channel < channels; channel++) {
        int a = first * length + at + channel;
        int b = second * length + at + channel;
        byte kept = patches[a];
        patches[a] = patches[b];
        patches[b] = kept;
      }
    }
  }
}
