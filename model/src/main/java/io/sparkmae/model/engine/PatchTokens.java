package io.sparkmae.model.engine;

import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.engine.device.Activation;
import io.sparkmae.model.engine.device.Device;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;

/**
 * Plans an encoder's input: each image's class token, and V of its patches with their positions.
 *
 * @param visible V
 */
record PatchTokens(
    MaeConfig config, Device device, Tape tape, Layers layers, long batch, long visible) {

  /**
   * Plans the residual stream [N·(V + 1), D].
   *
   * @param pixels [N, L, P], numbers or bytes
   * @param levels the number for each byte of each channel
   * @param order [N, L], the patches of each image, visible ones first
   * @param positions [L + 1, D]
   * @param hidden [N, H, P], the pixels that the last H patches have in place of theirs; or null
   * @param d gradient of the stream; null where nothing is trained
   */
  Tensor plan(
      Tensor pixels, Tensor levels, Tensor order, Tensor positions, Tensor hidden, Tensor d) {
    long dim = config.encoder().embedDim();
    Workspace workspace = layers.workspace();
    Tensor patches =
        workspace.kept("patches", layers.type(), batch * visible, config.patchLength());
    tape.forward(device.patches(pixels, levels, order, 0, true, patches));
    if (hidden != null) {
      Tensor all = patches.reshape(batch, visible, config.patchLength());
      tape.forward(device.copy(hidden, all.slice(1, visible - hidden.shape()[1], visible)));
    }
    Tensor embedded = workspace.scratch("embedded", Type.F32, batch * visible, dim);
    Tensor dEmbedded =
        d == null ? null : workspace.scratch("d embedded", Type.F32, batch * visible, dim);
    Tensor x = workspace.kept("stream", Type.F32, batch * (visible + 1), dim);
    layers.linear(
        layers.weights().linear("patch_embed.proj"),
        new Activation(patches, null),
        null,
        embedded,
        dEmbedded);
    Tensor known = embedded.reshape(batch, visible, dim);
    Tensor classToken = layers.weights().value("cls_token");
    tape.forward(
        device.tokens(known, 1, classToken, positions, order, x.reshape(batch, visible + 1, dim)));
    if (d != null) {
      Tensor tokens = d.reshape(batch, visible + 1, dim);
      tape.backward(
          device.copy(tokens.slice(1, 1, visible + 1), dEmbedded.reshape(batch, visible, dim)),
          device.sumRows(tokens.at(1, 0), layers.weights().gradient("cls_token")));
    }
    return x;
  }
}
