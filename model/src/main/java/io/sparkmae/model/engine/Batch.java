package io.sparkmae.model.engine;

import org.nd4j.linalg.api.buffer.DataType;

/**
 * What a plan is made for.
 *
 * @param images their number
 * @param pixels number type of their patches
 */
record Batch(int images, DataType pixels) {

  /** Returns whether a plan for {@code other} needs less memory. */
  boolean isLargerThan(Batch other) {
    return images > other.images && pixels == other.pixels;
  }
}
