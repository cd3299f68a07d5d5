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
   *     the predicted patches alone
   * @param fullEncoder whether all patches go through the encoder
   */
  static double flops(MaeConfig model, boolean byGraph, boolean fullEncoder) {
    Tower encoder = model.encoder();
    double visible = fullEncoder ? model.tokens() : model.encodedTokens();
    double last = byGraph ? model.tokens() + 1 : model.numPredict();
    double embedding = visible * model.patchLength() * encoder.embedDim();
    double rest =
        encoder.depth() * block(model, encoder, visible + 1, visible + 1)
            + (visible + 1) * encoder.embedDim() * model.decoder().embedDim()
            + decoderBlocks(model, visible + 1, last)
            + last * model.decoder().embedDim() * model.patchLength();
    return 4 * embedding + 6 * rest;
  }

  private static double decoderBlocks(MaeConfig model, double visible, double last) {
    Tower decoder = model.decoder();
    double all = model.tokens() + 1;
    return model.crossDecoder()
        ? decoder.depth() * block(model, decoder, last, visible)
        : (decoder.depth() - 1) * block(model, decoder, all, all)
            + block(model, decoder, last, all);
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
