package io.sparkmae.data.layout;

import io.sparkmae.data.image.PixelSums;
import io.sparkmae.data.image.RejectReason;
import java.io.Serializable;

/**
 * An element of a source: an image, a reject, or a tally, which counts both once per unit of work.
 *
 * <p>Not a record, since it goes through Spark's shuffle and Kryo cannot serialise records.
 */
public final class Sample implements Serializable {
  private static final long serialVersionUID = 1L;

  private final String key;
  private final byte[] bytes;
  private final int label;
  private final RejectReason reason;
  private final String detail;
  private final long seen;
  private final long skipped;
  private final long[] pixels;
  private final boolean oriented;

  private Sample(
      String key,
      byte[] bytes,
      int label,
      RejectReason reason,
      String detail,
      long seen,
      long skipped,
      long[] pixels,
      boolean oriented) {
    this.key = key;
    this.bytes = bytes;
    this.label = label;
    this.reason = reason;
    this.detail = detail;
    this.seen = seen;
    this.skipped = skipped;
    this.pixels = pixels;
    this.oriented = oriented;
  }

  public static Sample image(String key, byte[] bytes, int label) {
    return new Sample(key, bytes, label, null, null, 0, 0, null, false);
  }

  public static Sample reject(String key, RejectReason reason, String detail) {
    return new Sample(key, null, -1, reason, detail, 0, 0, null, false);
  }

  /** Returns a tally: how many images and rejects a unit of work had, and members it skipped. */
  public static Sample tally(String unit, long seen, long skipped) {
    return new Sample(unit, null, -1, null, null, seen, skipped, null, false);
  }

  /** Returns the mark of a shard's member that a {@link SkipRule} skips. */
  static Sample skipped(String key) {
    return tally(key, 0, 1);
  }

  /**
   * Returns this image with the bytes to write, the {@link PixelSums} of its pixels, and whether
   * its file has an orientation other than upright.
   */
  public Sample screened(byte[] encoded, long[] sums, boolean oriented) {
    return new Sample(key, encoded, label, null, null, 0, 0, sums, oriented);
  }

  public boolean isImage() {
    return bytes != null;
  }

  public boolean isReject() {
    return reason != null;
  }

  public String key() {
    return key;
  }

  /** Returns the encoded image; null if this is not an image. */
  public byte[] bytes() {
    return bytes;
  }

  /** Returns the class number from 0, or -1 where there is none. */
  public int label() {
    return label;
  }

  /** Returns whether a screened image's file has an orientation other than upright. */
  public boolean isOriented() {
    return oriented;
  }

  /** Returns the reason of a reject; null otherwise. */
  public RejectReason reason() {
    return reason;
  }

  /** Returns the description of a reject; null otherwise. */
  public String detail() {
    return detail;
  }

  /** Returns the count of a tally; 0 otherwise. */
  public long seen() {
    return seen;
  }

  /** Returns the count of members that a tally says were skipped; 0 otherwise. */
  public long skipped() {
    return skipped;
  }

  /** Returns the {@link PixelSums} of a screened image; null otherwise. */
  public long[] pixels() {
    return pixels;
  }
}
