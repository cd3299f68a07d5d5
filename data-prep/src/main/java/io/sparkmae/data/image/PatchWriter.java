package io.sparkmae.data.image;

import java.util.List;

/** Turns encoded images of one {@link PixelFormat} into patches. Not thread-safe. */
public interface PatchWriter extends AutoCloseable {
  /**
   * Writes the views of one image, which is decoded once, as samples {@code first} and following of
   * a batch.
   *
   * @param views of one geometry
   * @param seeds [batch] sample seeds of all samples
   * @param batch [batch, tokens, patch bytes]; inside a patch row, column, channel; values of 16
   *     bits have their lower byte first
   */
  void write(byte[] encoded, List<? extends View> views, long[] seeds, int first, byte[] batch)
      throws Undecodable;

  @Override
  void close();
}
