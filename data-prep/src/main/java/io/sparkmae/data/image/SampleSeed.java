package io.sparkmae.data.image;

import java.nio.ByteBuffer;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * Counter-based randomness: one 64-bit seed per sample and epoch, and numbered draws from it.
 *
 * <p>A sample seed depends on (seed, epoch, key, repeat) alone, so a picture gets the same crop and
 * mask whichever worker sees it. Draw n of stream s is {@code mix(mix(sampleSeed ^ mix(s)) + (n +
 * 1) * GAMMA)}, where {@code mix} is SplitMix64's finaliser. The streams are 0 (crop), 1 (flip), 2
 * (RandAugment), 3 (random erasing) and 4 (mixing, from the seed of a batch's first sample). Mask
 * and dropped paths are drawn from the sample seed too, each by a generator of its own.
 *
 * @see <a href="https://doi.org/10.1145/2714064.2660195">Steele, Lea and Flood 2014, SplitMix</a>
 */
public final class SampleSeed {
  static final int CROP = 0;
  static final int FLIP = 1;

  /** The stream of RandAugment. */
  public static final int AUGMENT = 2;

  /** The stream of random erasing. */
  public static final int ERASE = 3;

  /** The stream of mixup and cutmix, from the seed of a batch's first sample. */
  public static final int MIX = 4;

  private static final long GAMMA = 0x9E3779B97F4A7C15L;

  private SampleSeed() {}

  /**
   * Derives the seed of one view of one sample.
   *
   * @param seed the run's seed
   * @param epoch from 0
   * @param key the sample's key, hashed by SHA-256 (its first 8 bytes, big-endian)
   * @param repeat from 0, when one sample is viewed several times in an epoch
   */
  public static long of(long seed, long epoch, String key, int repeat) {
    long state = mix(seed + GAMMA);
    state = mix((state ^ keyHash(key)) + GAMMA);
    state = mix((state ^ epoch) + GAMMA);
    return mix((state ^ repeat) + GAMMA);
  }

  /** Starts a stream of draws; the same arguments give the same draws. */
  public static Draws stream(long sampleSeed, int stream) {
    return new Draws(mix(sampleSeed ^ mix(stream)));
  }

  private static long keyHash(String key) {
    return ByteBuffer.wrap(DigestUtils.sha256(key)).getLong();
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** The draws of one stream, in order. */
  public static final class Draws {
    private long state;

    private Draws(long state) {
      this.state = state;
    }

    /** Returns 64 random bits. */
    public long bits() {
      state += GAMMA;
      return mix(state);
    }

    /** Returns a number in [0, 1), a multiple of 2^-53. */
    public double uniform() {
      return (bits() >>> 11) * 0x1p-53;
    }

    /** Returns a number in [low, high). */
    public double uniform(double low, double high) {
      return low + (high - low) * uniform();
    }

    /** Returns a number of the standard normal distribution, by Box and Muller. */
    public double gaussian() {
      double radius = Math.sqrt(-2 * StrictMath.log(1 - uniform()));
      return radius * StrictMath.cos(2 * Math.PI * uniform());
    }

    /** Returns an integer in [0, bound); bound is at least 1. */
    public int below(int bound) {
      return (int) (((bits() >>> 32) * bound) >>> 32);
    }
  }
}
