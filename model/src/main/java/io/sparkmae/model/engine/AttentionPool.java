package io.sparkmae.model.engine;

import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.engine.device.Activation;
import io.sparkmae.model.engine.device.Device;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;

/**
 * Plans a pooling by attention, the one that timm calls {@code map}: a trained query, the same for
 * all images, looks at the patches of each, and a residual MLP follows.
 */
record AttentionPool(
    MaeConfig config, Device device, Tape tape, Layers layers, Constants constants, long batch) {

  /**
   * Plans the feature of each image.
   *
   * @param tokens [N·(L + 1), D], after the final norm; the class token is not looked at
   * @param order [N, L], the patches of each image
   * @return [N, D], in the products' type
   */
  Activation plan(Activation tokens, Tensor order) {
    long dim = dim();
    long sequence = config.tokens() + 1L;
    Activation q = layers.activation("pool q", batch, dim);
    layers.linear(layers.weights().linear("attn_pool.q"), latents(order), q);
    Activation kv = layers.activation("pool kv", batch * sequence, 2 * dim);
    layers.linear(layers.weights().linear("attn_pool.kv"), tokens, kv);
    Activation images = kv.reshape(batch, sequence, 2 * dim);
    if (tape.training()) {
      Tensor ofClassTokens = images.slice(1, 0, 1).gradient(); // which the attention leaves out
      tape.backward(device.copy(constants.zeros(batch, 1, 2 * dim), ofClassTokens));
    }
    Activation patches = images.slice(1, 1, sequence);
    Activation attended = layers.activation("attended", batch, dim);
    layers.attention(
        heads(q.reshape(batch, 1, dim)),
        heads(patches.slice(2, 0, dim)),
        heads(patches.slice(2, dim, 2 * dim)),
        heads(attended.reshape(batch, 1, dim)));
    return feature(attended);
  }

  private long dim() {
    return config.encoder().embedDim();
  }

  private Activation heads(Activation tokens) {
    return tokens.heads(config.encoder().numHeads());
  }

  /** Plans a copy of the latent query for each image. */
  private Activation latents(Tensor order) {
    Workspace workspace = layers.workspace();
    Tensor latent = layers.weights().value("attn_pool.latent");
    Tensor none = Tensor.dense(0, Type.F32, batch, 0, dim());
    Tensor nowhere = constants.zeros(config.tokens() + 1L, dim());
    Tensor copies = workspace.scratch("latents", Type.F32, batch, 1, dim());
    Activation latents = layers.activation("pool latents", batch, dim());
    tape.forward(
        device.tokens(none, 0, latent, nowhere, order, copies),
        device.copy(copies.reshape(batch, dim()), latents.value()));
    if (tape.training()) {
      tape.backward(
          device.sumRows(latents.gradient(), layers.weights().gradient("attn_pool.latent")));
    }
    return latents;
  }

  /** Plans what comes after the attention. */
  private Activation feature(Activation attended) {
    Workspace workspace = layers.workspace();
    Tensor x = workspace.kept("projected", Type.F32, batch, dim());
    Tensor d = tape.training() ? workspace.scratch("d pooled", Type.F32, batch, dim()) : null;
    layers.linear(layers.weights().linear("attn_pool.proj"), attended, null, x, d);
    Tensor out = layers.mlp("attn_pool.norm", "attn_pool.mlp", x, d, null);
    Activation feature = layers.activation("feature", batch, dim());
    tape.forward(device.copy(out, feature.value()));
    if (tape.training()) {
      layers.toType(d); // runs after the copy
      tape.backward(device.copy(feature.gradient(), d));
    }
    return feature;
  }
}
