package io.sparkmae.data.image;

import java.io.Serializable;

/**
 * Bounds of a random crop.
 *
 * @param minScale smallest share of the image's area, in (0, 1]
 * @param maxScale largest share of the image's area, in [minScale, 1]
 * @param minRatio smallest width / height, above 0
 * @param maxRatio largest width / height, at least minRatio
 */
public record CropRange(double minScale, double maxScale, double minRatio, double maxRatio)
    implements Serializable {
  /** Area 0.2 to 1, ratio 3/4 to 4/3: the pre-training recipe of He et al. 2021. */
  public static final CropRange PRETRAINING = new CropRange(0.2, 1, 3.0 / 4, 4.0 / 3);

  public CropRange {
    if (!(0 < minScale && minScale <= maxScale && maxScale <= 1)) {
      throw new IllegalArgumentException(
          "Invalid crop scale: %s to %s (must be 0 < low <= high <= 1)"
              .formatted(minScale, maxScale));
    }
    if (!(0 < minRatio && minRatio <= maxRatio && maxRatio < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "Invalid crop ratio: %s to %s (must be 0 < low <= high)".formatted(minRatio, maxRatio));
    }
  }
}
