package io.sparkmae.model.engine;

import io.sparkmae.model.MaeConfig;
import io.sparkmae.model.PositionTable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a step is fed with, in host memory: patches and positions in the shuffled order.
 *
 * <p>A patch comes as row, column, channel. The embedding's weight is a convolution's, so the
 * visible patches are turned to channel, row, column; the target stays as it is.
 */
final class Inputs {

  private final MaeConfig config;
  private final int batch;
  private final int visible;
  private final int removed;

  private final Rows patches; // [N·V, P]
  private final Rows positions; // [N·V, D]
  private final Rows decoderPositions; // [N·(L + 1), E], or null; the class token's row is zero
  private final Rows target; // [N·(L − K), P], or null

  private final float[] table;
  private final float[] decoderTable;
  private final float[] patch;
  private final float[] turned;

  Inputs(MaeConfig config, Task task, int batch, int visible) {
    this.config = config;
    this.batch = batch;
    this.visible = visible;
    removed = config.tokens() - config.numKeep();
    int dim = config.encoder().embedDim();
    int decoderDim = config.decoder().embedDim();
    table = floats(PositionTable.of(dim, config.gridSize()));
    decoderTable = floats(PositionTable.of(decoderDim, config.gridSize()));
    patch = new float[config.patchLength()];
    turned = new float[config.patchLength()];
    patches = Rows.create((long) batch * visible, config.patchLength());
    positions = Rows.create((long) batch * visible, dim);
    decoderPositions =
        task == Task.ENCODE ? null : Rows.create(batch * (config.tokens() + 1L), decoderDim);
    target = task.trains() ? Rows.create((long) batch * removed, config.patchLength()) : null;
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  INDArray patches() {
    return patches.array();
  }

  INDArray positions() {
    return positions.array();
  }

  INDArray decoderPositions() {
    return decoderPositions.array();
  }

  INDArray target() {
    return target.array();
  }

  /**
   * Takes in a batch.
   *
   * @param all normalised patches [N, L, P]
   * @param order [N][L], the tokens of each sample, kept ones first
   */
  void fill(INDArray all, int[][] order) {
    Rows from = Rows.of(all, config.patchLength());
    for (int n = 0; n < batch; n++) {
      for (int place = 0; place < config.tokens(); place++) {
        fillPatch(from, n, place, order[n][place]);
      }
      if (decoderPositions != null) {
        fillPositions(n, order[n]);
      }
    }
  }

  private void fillPatch(Rows from, int n, int place, int token) {
    boolean isVisible = place < visible;
    boolean isTarget = target != null && place >= config.numKeep();
    if (isVisible || isTarget) {
      from.read((long) n * config.tokens() + token, patch);
    }
    if (isVisible) {
      turn();
      patches.write((long) n * visible + place, turned, 0);
      positions.write((long) n * visible + place, table, token + 1);
    }
    if (isTarget) {
      target.write((long) n * removed + place - config.numKeep(), patch, 0);
    }
  }

  private void fillPositions(int n, int[] order) {
    long first = n * (config.tokens() + 1L);
    decoderPositions.write(first, decoderTable, 0);
    for (int place = 0; place < order.length; place++) {
      decoderPositions.write(first + place + 1, decoderTable, order[place] + 1);
    }
  }

  /** Row, column, channel → channel, row, column. */
  private void turn() {
    int channels = config.channels();
    int pixels = patch.length / channels;
    for (int channel = 0; channel < channels; channel++) {
      for (int pixel = 0; pixel < pixels; pixel++) {
        turned[channel * pixels + pixel] = patch[pixel * channels + channel];
      }
    }
  }
}
