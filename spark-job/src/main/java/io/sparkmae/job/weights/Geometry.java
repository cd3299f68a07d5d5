package io.sparkmae.job.weights;

import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Tower;
import io.sparkmae.model.file.BadWeights;
import java.util.Arrays;
import java.util.Map;

/**
 * A model's sizes, read from the shapes of its tensors.
 *
 * @param shapes by the reference's names
 */
record Geometry(Map<String, long[]> shapes, Hints hints) {

  private static final MaeConfig BASE = MaeConfig.preset("mae_vit_base_patch16");

  boolean hasDecoder() {
    return shapes.keySet().stream()
        .anyMatch(name -> name.startsWith("decoder") || name.equals("mask_token"));
  }

  /**
   * Returns the model's sizes, with the reference's decoder where there is none.
   *
   * @throws BadWeights if the shapes fit no model
   */
  MaeConfig config() throws BadWeights {
    long[] patch = shape("patch_embed.proj.weight", 4);
    int dim = size(patch[0]);
    if (patch[2] != patch[3]) {
      throw new BadWeights("its patches are %s (must be square)".formatted(Arrays.toString(patch)));
    }
    hints.check(dim);
    long grid = grid();
    long hidden = shape("blocks.0.mlp.fc1.weight", 2)[0];
    try {
      return new MaeConfig(
          size(grid * patch[2]),
          size(patch[2]),
          size(patch[1]),
          hints.encoder(dim, depth("blocks.")),
          decoder(),
          ratio(size(hidden), dim),
          hints.layerNormEps(BASE.layerNormEps()),
          hints.maskRatio(BASE.maskRatio()),
          hints.normPixLoss());
    } catch (IllegalArgumentException e) {
      throw new BadWeights("it is no model that can be built here: " + e.getMessage(), e);
    }
  }

  /** Returns the number of patches along a side. */
  private long grid() throws BadWeights {
    long tokens = shape("pos_embed", 3)[1] - 1;
    long grid = Math.round(Math.sqrt(tokens));
    if (grid < 1 || grid * grid != tokens) {
      throw new BadWeights(
          "its pos_embed has %d rows (must be one for the class token and a square of patches)"
              .formatted(tokens + 1));
    }
    return grid;
  }

  private Tower decoder() throws BadWeights {
    return hasDecoder()
        ? hints.decoder(size(shape("decoder_embed.weight", 2)[0]), depth("decoder_blocks."))
        : BASE.decoder();
  }

  // as a ratio from which truncation gives the width again
  private static double ratio(int hidden, int dim) {
    double ratio = (double) hidden / dim;
    return (int) (dim * ratio) == hidden ? ratio : Math.nextUp(ratio);
  }

  private long[] shape(String name, int axes) throws BadWeights {
    long[] shape = shapes.get(name);
    if (shape == null) {
      throw new BadWeights("%s is missing".formatted(name));
    }
    if (shape.length != axes || Arrays.stream(shape).anyMatch(size -> size < 1)) {
      throw new BadWeights(
          "%s has shape %s (must have %d axes)".formatted(name, Arrays.toString(shape), axes));
    }
    return shape;
  }

  /** Returns the number of blocks that have any tensor: no more than there are tensors. */
  private int depth(String blocks) {
    return (int)
        shapes.keySet().stream()
            .filter(name -> name.startsWith(blocks))
            .map(name -> name.substring(0, name.indexOf('.', blocks.length())))
            .distinct()
            .count();
  }

  private static int size(long size) throws BadWeights {
    if (size > Integer.MAX_VALUE) {
      throw new BadWeights("a tensor has an axis of %d".formatted(size));
    }
    return (int) size;
  }
}
