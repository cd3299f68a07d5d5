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
  private final Tally tally;
  private final long[] pixels;
  private final boolean oriented;

  /**
   * Counts of a unit of work; no record, like the sample.
   *
   * @see Sample#tally
   */
  private static final class Tally implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final Tally NONE = new Tally(0, 0, 0);

    private final long met;
    private final long members;
    private final long split;

    Tally(long met, long members, long split) {
      this.met = met;
      this.members = members;
      this.split = split;
    }
  }

  private Sample(
      String key,
      byte[] bytes,
      int label,
      RejectReason reason,
      String detail,
      Tally tally,
      long[] pixels,
      boolean oriented) {
    this.key = key;
    this.bytes = bytes;
    this.label = label;
    this.reason = reason;
    this.detail = detail;
    this.tally = tally;
    this.pixels = pixels;
    this.oriented = oriented;
  }

  public static Sample image(String key, byte[] bytes, int label) {
    return new Sample(key, bytes, label, null, null, Tally.NONE, null, false);
  }

  public static Sample reject(String key, RejectReason reason, String detail) {
    return new Sample(key, null, -1, reason, detail, Tally.NONE, null, false);
  }

  /**
   * Returns a tally of a unit of work.
   *
   * @param met all images, rejects and skipped members
   * @param members those that were skipped
   * @param split images and rejects of the other part of a split
   */
  public static Sample tally(String unit, long met, long members, long split) {
    return new Sample(unit, null, -1, null, null, new Tally(met, members, split), null, false);
  }

  /** Returns the mark of a shard's member that a {@link SkipRule} skips. */
  static Sample skipped(String key) {
    return tally(key, 1, 1, 0);
  }

  /**
   * Returns this image with the bytes to write, the {@link PixelSums} of its pixels, and whether
   * its file has an orientation other than upright.
   */
  public Sample screened(byte[] encoded, long[] sums, boolean oriented) {
    return new Sample(key, encoded, label, null, null, Tally.NONE, sums, oriented);
  }

  /** Returns this image with another label. */
  public Sample labelled(int other) {
    return new Sample(key, bytes, other, null, null, Tally.NONE, pixels, oriented);
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

  public boolean isTally() {
    return !isImage() && !isReject();
  }

  /** Returns how many samples a tally says were met; 0 otherwise. */
  public long met() {
    return tally.met;
  }

  /** Returns how many members a tally says were skipped; 0 otherwise. */
  public long skipped() {
    return tally.members;
  }

  /** Returns how many samples of a tally are the other part's of a split; 0 otherwise. */
  public long split() {
    return tally.split;
  }

  /** Returns the {@link PixelSums} of a screened image; null otherwise. */
  public long[] pixels() {
    return pixels;
  }
}
