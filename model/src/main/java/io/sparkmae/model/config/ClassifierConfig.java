package io.sparkmae.model.config;

import java.io.Serializable;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * The geometry of a classifier: an encoder on all patches, pooling, a norm, a linear head.
 *
 * @param encoder of which the encoder's part is used
 * @param classes number of outputs, at least 2
 * @param pooling the class token after {@code norm}, the mean of the patches before {@code
 *     fc_norm}, or what a trained query finds in the patches after {@code norm}
 * @param trainedBlocks the last blocks that train, with norm and head; 0 for the head and its query
 *     alone, {@link #ALL} for everything, the embedding included
 * @param dropPath the last block's probability of dropping a branch of an image, in [0, 1); it
 *     grows linearly from 0 in the first block
 */
public record ClassifierConfig(
    @JsonProperty("encoder") MaeConfig encoder,
    @JsonProperty("classes") int classes,
    @JsonProperty("pooling") Pooling pooling,
    @JsonProperty("trainedBlocks") int trainedBlocks,
    @JsonProperty("dropPath") double dropPath)
    implements Serializable {

  /** Trains every parameter. */
  public static final int ALL = -1;

  public ClassifierConfig {
    require(classes > 1, "classes", classes, "must be at least 2");
    require(
        trainedBlocks >= ALL && trainedBlocks <= encoder.encoder().depth(),
        "blocks",
        trainedBlocks,
        "must be at most %d, the encoder's, or -1 for everything"
            .formatted(encoder.encoder().depth()));
    require(dropPath >= 0 && dropPath < 1, "dropPath", dropPath, "must be in [0, 1)");
  }

  /** Makes a classifier that trains every parameter, without dropped paths. */
  public ClassifierConfig(MaeConfig encoder, int classes, Pooling pooling) {
    this(encoder, classes, pooling, ALL, 0);
  }

  private static void require(boolean holds, String name, Object value, String rule) {
    if (!holds) {
      throw new IllegalArgumentException("Invalid %s: %s (%s)".formatted(name, value, rule));
    }
  }

  /** Returns the name of the norm before the head, as timm has it. */
  public String norm() {
    return pooling == Pooling.MEAN ? "fc_norm" : "norm";
  }

  /** Returns the number of blocks that do not train. */
  public int frozenBlocks() {
    return trainedBlocks == ALL ? 0 : encoder.encoder().depth() - trainedBlocks;
  }

  /** Returns whether patch embedding, class token and positions train. */
  public boolean trainsEmbedding() {
    return trainedBlocks == ALL;
  }

  /** Returns whether the norm before the head trains. */
  public boolean trainsNorm() {
    return trainedBlocks != 0;
  }

  /** Returns the probability that a branch of block {@code index} is dropped. */
  public double dropPath(int index) {
    int last = encoder.encoder().depth() - 1;
    return last == 0 ? dropPath : dropPath * index / last;
  }
}
