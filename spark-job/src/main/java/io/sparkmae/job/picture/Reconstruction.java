package io.sparkmae.job.picture;

import java.util.List;

/**
 * A model's reconstruction of one masked image. The arrays are not copied; do not modify them.
 *
 * @param original uint8 [tokens, patchLength]; inside a patch row, column, channel
 * @param mask [tokens], 0 kept, 1 removed
 * @param predicted uint8 [tokens, patchLength], denormalised; all patches, the kept ones too
 */
public record Reconstruction(byte[] original, double[] mask, byte[] predicted) {

  private static final byte GREY = (byte) 0x80;

  public Reconstruction {
    if (original.length != predicted.length || original.length % mask.length != 0) {
      throw new IllegalArgumentException(
          "Invalid reconstruction: %d bytes of %d (must be equal, and a multiple of %d patches)"
              .formatted(predicted.length, original.length, mask.length));
    }
  }

  /**
   * Returns the peak signal-to-noise ratio of the removed patches of all {@code images} together,
   * in decibels for a peak of 255; infinite if every byte is right.
   */
  public static double psnr(List<Reconstruction> images) {
    double squares = images.stream().mapToDouble(Reconstruction::squaredError).sum();
    long values = images.stream().mapToLong(Reconstruction::removedValues).sum();
    return 10 * Math.log10(255.0 * 255.0 * values / squares);
  }

  /** Returns the model's input, with removed patches in grey. */
  byte[] masked() {
    byte[] patches = original.clone();
    for (int i = 0; i < patches.length; i++) {
      patches[i] = removed(i) ? GREY : patches[i];
    }
    return patches;
  }

  /** Returns the prediction for removed patches and the original for kept ones. */
  byte[] pasted() {
    byte[] patches = original.clone();
    for (int i = 0; i < patches.length; i++) {
      patches[i] = removed(i) ? predicted[i] : patches[i];
    }
    return patches;
  }

  private boolean removed(int index) {
    return mask[index / (original.length / mask.length)] != 0;
  }

  private double squaredError() {
    double sum = 0;
    for (int i = 0; i < original.length; i++) {
      double difference = removed(i) ? (original[i] & 0xff) - (predicted[i] & 0xff) : 0;
      sum += difference * difference;
    }
    return sum;
  }

  private long removedValues() {
    long tokens = 0;
    for (double removed : mask) {
      tokens += removed != 0 ? 1 : 0;
    }
    return tokens * (original.length / mask.length);
  }
}
