package io.sparkmae.model.config;

import java.io.Serializable;
import org.nd4j.shade.jackson.annotation.JsonInclude;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * One transformer stack, encoder or decoder.
 *
 * @param embedDim width of a token, a multiple of 4 (the position table has four parts) and of
 *     {@code numHeads}
 * @param depth number of blocks, at least 1
 * @param numHeads attention heads in each block
 * @param positions a trained position table as {@link TrainedPositions} writes it; null for the
 *     fixed one
 */
public record Tower(
    @JsonProperty("embedDim") int embedDim,
    @JsonProperty("depth") int depth,
    @JsonProperty("numHeads") int numHeads,
    @JsonInclude(JsonInclude.Include.NON_NULL) @JsonProperty("positions") String positions)
    implements Serializable {

  public Tower {
    require(
        embedDim > 0 && embedDim % 4 == 0,
        "embedDim",
        embedDim,
        "must be a positive multiple of 4");
    require(depth > 0, "depth", depth, "must be at least 1");
    require(numHeads > 0, "numHeads", numHeads, "must be at least 1");
    require(
        embedDim % numHeads == 0,
        "numHeads",
        numHeads,
        "must divide embedDim " + embedDim + "; choose a divisor");
  }

  /** Makes a tower with the fixed positions. */
  public Tower(int embedDim, int depth, int numHeads) {
    this(embedDim, depth, numHeads, null);
  }

  /** Returns this tower with a trained position table; null for the fixed one. */
  public Tower withPositions(String positions) {
    return new Tower(embedDim, depth, numHeads, positions);
  }

  private static void require(boolean holds, String name, int value, String rule) {
    if (!holds) {
      throw new IllegalArgumentException("Invalid %s: %d (%s)".formatted(name, value, rule));
    }
  }

  /** Returns the width of one attention head. */
  public int headDim() {
    return embedDim / numHeads;
  }

  /**
   * Returns this tower for another grid: fixed positions are computed anew, trained ones resized.
   */
  Tower resized(int fromGrid, int toGrid) {
    if (positions == null) {
      return this;
    }
    float[] table = TrainedPositions.floats(positions);
    return withPositions(
        PositionGrid.isFixed(table, embedDim, fromGrid)
            ? null
            : TrainedPositions.text(PositionGrid.resize(table, embedDim, fromGrid, toGrid)));
  }
}
