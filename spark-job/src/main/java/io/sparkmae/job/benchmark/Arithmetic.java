package io.sparkmae.job.benchmark;

import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Tower;

/** Counts the operations of a step's products: 2 for each multiply-add. */
final class Arithmetic {

  private Arithmetic() {}

  /**
   * Returns the operations of a step on one image, gradients included; there is no gradient for
   * pixels.
   *
   * @param byGraph whether the last decoder block and the prediction are for all tokens, not for
   *     the removed patches alone
   * @param fullEncoder whether all patches go through the encoder
   */
  static double flops(MaeConfig model, boolean byGraph, boolean fullEncoder) {
    Tower encoder = model.encoder();
    Tower decoder = model.decoder();
    double visible = fullEncoder ? model.tokens() : model.numKeep();
    double all = model.tokens() + 1;
    double last = byGraph ? all : model.tokens() - model.numKeep();
    double embedding = visible * model.patchLength() * encoder.embedDim();
    double rest =
        encoder.depth() * block(model, encoder, visible + 1, visible + 1)
            + (visible + 1) * encoder.embedDim() * decoder.embedDim()
            + (decoder.depth() - 1) * block(model, decoder, all, all)
            + block(model, decoder, last, all)
            + last * decoder.embedDim() * model.patchLength();
    return 4 * embedding + 6 * rest;
  }

  /**
   * Returns the multiply-adds of a block in which {@code asking} of {@code all} tokens have
   * queries.
   */
  private static double block(MaeConfig model, Tower tower, double asking, double all) {
    double dim = tower.embedDim();
    double queriesAndMlp = asking * (2 * dim * dim + 2 * dim * model.hiddenDim(tower));
    double keysAndValues = all * 2 * dim * dim;
    double attention = 2 * asking * all * dim;
    return queriesAndMlp + keysAndValues + attention;
  }
}
