package io.sparkmae.model.engine;

import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.engine.device.Activation;
import io.sparkmae.model.engine.device.Device;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;

/**
 * Plans a decoder of cross-attention (Fu et al. 2024, section 3): mask tokens at the positions of
 * some patches look at the visible tokens, and not at each other.
 *
 * @param visible tokens of an image that the encoder saw, class token included
 * @param from first place in the shuffled order whose patch is decoded
 * @param to the place after the last one
 */
record CrossDecoder(
    MaeConfig config,
    Device device,
    Tape tape,
    Layers layers,
    long batch,
    long visible,
    long from,
    long to) {

  /**
   * Plans all blocks.
   *
   * @param encoded latent [N·visible, D]
   * @param order [N, L], the patches of each image
   * @param positions [L + 1, E]
   * @param d gradient of the stream; null where nothing is trained
   * @return the residual stream of the decoded patches [N·(to − from), E]
   */
  Tensor plan(Activation encoded, Tensor order, Tensor positions, Tensor d) {
    long dim = config.decoder().embedDim();
    Tensor known = layers.workspace().kept("known", layers.type(), batch * visible, dim);
    Tensor dKnown = gradient("d known", Type.F32, dim);
    layers.linear(layers.weights().linear("decoder_embed"), encoded, null, known, dKnown);
    Tensor x = maskTokens(order, positions, d);
    TransformerBlocks blocks =
        new TransformerBlocks("decoder_blocks.", config, layers, device, tape, batch, to - from);
    int depth = config.decoder().depth();
    for (int index = 0; index < depth; index++) {
      Activation share = new Activation(known, gradient("d known share", layers.type(), dim));
      if (tape.training()) { // gradients run backwards: the last block's share is the first
        boolean first = index == depth - 1;
        tape.backward(
            first
                ? device.copy(share.gradient(), dKnown)
                : device.accumulate(share.gradient(), dKnown));
      }
      x = blocks.crossBlock(index, share, visible, x, d);
    }
    return x;
  }

  private Tensor gradient(String role, Type type, long dim) {
    return tape.training() ? layers.workspace().scratch(role, type, batch * visible, dim) : null;
  }

  /** Plans the stream's start: mask tokens with their positions. */
  private Tensor maskTokens(Tensor order, Tensor positions, Tensor d) {
    long dim = config.decoder().embedDim();
    Tensor none = Tensor.dense(0, Type.F32, batch, 0, dim);
    Tensor all = layers.workspace().scratch("mask tokens", Type.F32, batch, to + 1, dim);
    Tensor x = layers.workspace().kept("stream", Type.F32, batch * (to - from), dim);
    tape.forward(
        device.tokens(none, 0, layers.weights().value("mask_token"), positions, order, all),
        device.copy(all.slice(1, from + 1, to + 1), x.reshape(batch, to - from, dim)));
    if (tape.training()) {
      tape.backward(device.sumRows(d, layers.weights().gradient("mask_token")));
    }
    return x;
  }
}
