package io.sparkmae.data.image.codec;

import java.awt.image.BufferedImage;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadUpdateListener;

/** Counts the rows that a decoder gives before its input ends; later rows are not real. */
public final class RowCount implements IIOReadUpdateListener {
  private ByteArrayImageInput input;
  private int read;

  /** Starts a new count, for the next image that {@code reader} reads from {@code input}. */
  public void count(ImageReader reader, ByteArrayImageInput input) {
    this.input = input;
    this.read = 0;
    reader.addIIOReadUpdateListener(this);
  }

  public int read() {
    return read;
  }

  /**
   * Counts rows. Those of an interlaced image come several times, and count only in passes without
   * gaps.
   */
  @Override
  public void imageUpdate(
      ImageReader source,
      BufferedImage image,
      int minX,
      int minY,
      int width,
      int height,
      int periodX,
      int periodY,
      int[] bands) {
    if (!input.isExhausted() && periodX == 1 && periodY == 1) {
      read = Math.max(read, minY + height);
    }
  }

  @Override
  public void passStarted(
      ImageReader source,
      BufferedImage image,
      int pass,
      int minPass,
      int maxPass,
      int minX,
      int minY,
      int periodX,
      int periodY,
      int[] bands) {}

  @Override
  public void passComplete(ImageReader source, BufferedImage image) {}

  @Override
  public void thumbnailPassStarted(
      ImageReader source,
      BufferedImage thumbnail,
      int pass,
      int minPass,
      int maxPass,
      int minX,
      int minY,
      int periodX,
      int periodY,
      int[] bands) {}

  @Override
  public void thumbnailUpdate(
      ImageReader source,
      BufferedImage thumbnail,
      int minX,
      int minY,
      int width,
      int height,
      int periodX,
      int periodY,
      int[] bands) {}

  @Override
  public void thumbnailPassComplete(ImageReader source, BufferedImage thumbnail) {}
}
