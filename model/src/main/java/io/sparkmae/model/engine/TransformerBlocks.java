package io.sparkmae.model.engine;

import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Tower;
import io.sparkmae.model.engine.device.Activation;
import io.sparkmae.model.engine.device.Affine;
import io.sparkmae.model.engine.device.Device;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;

/**
 * Pre-norm transformer blocks on a residual stream [N·T, D]: x += attn(norm1(x)); x +=
 * mlp(norm2(x)).
 */
final class TransformerBlocks {

  private final String prefix;
  private final Layers layers;
  private final Device device;
  private final Tape tape;
  private final Tower tower;
  private final long batch;
  private final long sequence;
  private Tensor scales; // [2 · depth, N], of each branch and image; null for none

  /**
   * Makes the blocks of the tower that {@code prefix} names, for {@code sequence} tokens per image.
   */
  TransformerBlocks(
      String prefix,
      MaeConfig config,
      Layers layers,
      Device device,
      Tape tape,
      long batch,
      long sequence) {
    this.prefix = prefix;
    this.layers = layers;
    this.device = device;
    this.tape = tape;
    this.tower = prefix.startsWith("decoder") ? config.decoder() : config.encoder();
    this.batch = batch;
    this.sequence = sequence;
  }

  /**
   * Scales the branches from now on: stochastic depth (Huang et al. 2016) drops a branch of an
   * image by the scale 0.
   *
   * @param ofBranches [2 · depth, N]: attention and MLP of block after block
   */
  void scale(Tensor ofBranches) {
    scales = ofBranches;
  }

  /** Plans the first {@code count} blocks; returns the stream after them. */
  Tensor first(int count, Tensor x, Tensor d) {
    return range(0, count, x, d);
  }

  /** Plans the blocks [from, to); returns the stream after them. */
  Tensor range(int from, int to, Tensor x, Tensor d) {
    for (int index = from; index < to; index++) {
      x = block(index, x, d);
    }
    return x;
  }

  /**
   * Plans a block on all tokens.
   *
   * @param d gradient of the stream, in and out
   * @return the stream after the block
   */
  Tensor block(int index, Tensor x, Tensor d) {
    String name = prefix + index;
    long rows = batch * sequence;
    long dim = tower.embedDim();
    Affine norm = layers.weights().norm(name + ".norm1");
    Activation qkv = layers.activation("qkv", rows, 3 * dim);
    layers.linear(norm, x, d, layers.weights().linear(name + ".attn.qkv"), qkv);
    Activation tokens = qkv.reshape(batch, sequence, 3 * dim);
    Activation attended = layers.activation("attended", rows, dim);
    layers.attention(
        heads(tokens, 0), heads(tokens, 1), heads(tokens, 2), joined(attended, sequence));
    return mlp(
        name,
        project(name + ".attn.proj", attended, x, d, scales(2 * index)),
        d,
        scales(2 * index + 1));
  }

  /**
   * Plans a block that computes only the tokens [from, sequence): queries come from these tokens
   * only, keys and values from all.
   *
   * @param d gradient of the stream of all tokens, out
   * @param dLast gradient of the stream of the last tokens, in
   * @return the stream of the last tokens [N·(sequence − from), D]
   */
  Tensor lastTokens(int index, long from, Tensor x, Tensor d, Tensor dLast) {
    String name = prefix + index;
    long dim = tower.embedDim();
    long last = sequence - from;
    Tensor lastX = layers.workspace().kept("last", Type.F32, batch * last, dim);
    layers.toType(d); // runs after both shares are added: the copy is for the blocks below
    takeLast(x, from, lastX, d, dLast);
    Activation normed = layers.activation("normed", batch * sequence, dim);
    layers.norm(layers.weights().norm(name + ".norm1"), x, d, true, normed);
    Activation queries = layers.activation("last normed", batch * last, dim);
    takeLast(normed.value(), from, queries.value(), normed.gradient(), queries.gradient());

    Affine qkv = layers.weights().linear(name + ".attn.qkv");
    Activation q = layers.activation("q", batch * last, dim);
    layers.linear(qkv.outputs(0, dim), queries, q);
    Activation kv = layers.activation("kv", batch * sequence, 2 * dim);
    layers.linear(qkv.outputs(dim, 3 * dim), normed, kv);
    Activation tokens = kv.reshape(batch, sequence, 2 * dim);
    Activation attended = layers.activation("attended", batch * last, dim);
    layers.attention(joined(q, last), heads(tokens, 0), heads(tokens, 1), joined(attended, last));
    return mlp(name, project(name + ".attn.proj", attended, lastX, dLast, null), dLast, null);
  }

  /**
   * Plans a block of cross-attention: queries come from the stream's tokens, keys and values from
   * others.
   *
   * @param others [N·count, D]
   * @param count tokens of an image in them
   * @param d gradient of the stream, in and out
   * @return the stream after the block
   */
  Tensor crossBlock(int index, Activation others, long count, Tensor x, Tensor d) {
    String name = prefix + index;
    long rows = batch * sequence;
    long dim = tower.embedDim();
    Affine norm = layers.weights().norm(name + ".norm1");
    Activation q = layers.activation("q", rows, dim);
    layers.linear(norm, x, d, layers.weights().linear(name + ".cross_attn.q"), q);
    Activation kv = layers.activation("kv", batch * count, 2 * dim);
    layers.linear(layers.weights().linear(name + ".cross_attn.kv"), others, kv);
    Activation tokens = kv.reshape(batch, count, 2 * dim);
    Activation attended = layers.activation("attended", rows, dim);
    layers.attention(
        joined(q, sequence), heads(tokens, 0), heads(tokens, 1), joined(attended, sequence));
    return mlp(name, project(name + ".cross_attn.proj", attended, x, d, null), d, null);
  }

  /**
   * Plans to = the last tokens of from. Their gradient is added to the last rows of the gradient of
   * all tokens.
   */
  private void takeLast(Tensor from, long first, Tensor to, Tensor dFrom, Tensor dTo) {
    long dim = tower.embedDim();
    long last = sequence - first;
    long[] all = {batch, sequence, dim};
    tape.forward(
        device.copy(from.reshape(all).slice(1, first, sequence), to.reshape(batch, last, dim)));
    if (tape.training()) {
      tape.backward(
          device.accumulate(
              dTo.reshape(batch, last, dim), dFrom.reshape(all).slice(1, first, sequence)));
    }
  }

  /** Returns the {@code index}th part of tokens [N, T, parts · D] as heads [N, H, T, W]. */
  private Activation heads(Activation tokens, int index) {
    long dim = tower.embedDim();
    return tokens.slice(2, index * dim, (index + 1) * dim).heads(tower.numHeads());
  }

  /** Returns rows [N·length, D] as heads [N, H, length, W]. */
  private Activation joined(Activation rows, long length) {
    return rows.reshape(batch, length, tower.embedDim()).heads(tower.numHeads());
  }

  private Tensor scales(int branch) {
    return scales == null ? null : scales.at(0, branch);
  }

  private Tensor project(String name, Activation attended, Tensor x, Tensor d, Tensor ofImages) {
    Tensor projected = layers.workspace().kept("projected", Type.F32, x.shape());
    layers.branch(layers.weights().linear(name), attended, ofImages, x, projected, d);
    return projected;
  }

  private Tensor mlp(String name, Tensor x, Tensor d, Tensor ofImages) {
    return layers.mlp(name + ".norm2", name + ".mlp", x, d, ofImages);
  }
}
