package io.sparkmae.model;

import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Tower;
import java.util.Map;
import org.deeplearning4j.nn.conf.layers.samediff.SDVertexParams;
import org.nd4j.autodiff.samediff.SDIndex;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * A pre-norm transformer block on [N, T, D]: x += attn(norm1(x)); x += mlp(norm2(x)).
 *
 * <p>In a decoder of cross-attention (Fu et al. 2024, section 3) x is the last L tokens, those of
 * patches, each of which attends to the visible tokens before them, which stay as they are: x +=
 * attn(norm1(x), visible); x += mlp(norm2(x)).
 */
final class TransformerBlock extends MaeVertex {

  private static final long serialVersionUID = 1;

  @JsonProperty private String prefix;

  /**
   * Makes block {@code prefix}, for example {@code blocks.0}. The prefix also selects the tower.
   */
  TransformerBlock(String prefix, MaeConfig config) {
    super(config);
    this.prefix = prefix;
  }

  TransformerBlock() {} // for DL4J's JSON

  @Override
  public void defineParametersAndInputs(SDVertexParams params) {
    params.defineInputs("x");
    declare(params, ReferenceNames.block(prefix, config()));
  }

  @Override
  SDVariable define(SameDiff sd, Map<String, SDVariable> inputs, Map<String, SDVariable> params) {
    SDVariable x = inputs.get("x");
    int sequence = (int) x.getShape()[1];
    if (!config().crossDecoder() || !prefix.startsWith("decoder")) {
      return block(x, sequence, null, 0, params);
    }
    int first = sequence - config().tokens();
    SDVariable visible = x.get(SDIndex.all(), SDIndex.interval(0, first), SDIndex.all());
    SDVariable patches = x.get(SDIndex.all(), SDIndex.interval(first, sequence), SDIndex.all());
    return sd.concat(1, visible, block(patches, config().tokens(), visible, first, params));
  }

  /**
   * Returns the block's output on x [N, sequence, D], which attends to {@code visible} [N, known,
   * D], or to itself if that is null.
   */
  private SDVariable block(
      SDVariable x, long sequence, SDVariable visible, long known, Map<String, SDVariable> params) {
    Tower tower = config().towerOf(prefix);
    double eps = config().layerNormEps();
    SDVariable rows = x.reshape(-1, tower.embedDim()); // [N·T, D]
    SDVariable normed = layerNorm(rows, params, prefix + ".norm1", eps);
    rows =
        rows.add(
            visible == null
                ? selfAttention(normed, params, tower, sequence)
                : crossAttention(normed, sequence, visible, known, params, tower));
    rows = rows.add(mlp(layerNorm(rows, params, prefix + ".norm2", eps), params));
    return rows.reshape(-1, sequence, tower.embedDim());
  }

  /**
   * Returns the attention of x. Rows of the fused weight are [all q heads | all k heads | all v
   * heads].
   */
  private SDVariable selfAttention(
      SDVariable x, Map<String, SDVariable> params, Tower tower, long sequence) {
    SDVariable[] qkv = x.getSameDiff().split(linear(x, params, prefix + ".attn.qkv"), 3, 1);
    SDVariable q = heads(qkv[0], tower, sequence);
    SDVariable k = heads(qkv[1], tower, sequence);
    SDVariable v = heads(qkv[2], tower, sequence);
    return linear(attention(q, k, v, tower, sequence), params, prefix + ".attn.proj");
  }

  /** Returns the attention of x to the tokens {@code visible} [N, known, D]. */
  private SDVariable crossAttention(
      SDVariable x,
      long sequence,
      SDVariable visible,
      long known,
      Map<String, SDVariable> params,
      Tower tower) {
    String name = prefix + ".cross_attn";
    SDVariable tokens = visible.reshape(-1, tower.embedDim());
    SDVariable[] kv = x.getSameDiff().split(linear(tokens, params, name + ".kv"), 2, 1);
    SDVariable q = heads(linear(x, params, name + ".q"), tower, sequence);
    SDVariable k = heads(kv[0], tower, known);
    SDVariable v = heads(kv[1], tower, known);
    return linear(attention(q, k, v, tower, sequence), params, name + ".proj");
  }

  /**
   * Returns the values that q asks for, [N·T, D]; q, k and v are [N·heads, tokens, headDim], and
   * the scale is headDim^−½.
   */
  private static SDVariable attention(
      SDVariable q, SDVariable k, SDVariable v, Tower tower, long sequence) {
    SameDiff sd = q.getSameDiff();
    SDVariable logits = sd.mmul(q, k, false, true, false).mul(1 / Math.sqrt(tower.headDim()));
    SDVariable values = sd.nn.softmax(logits, -1).mmul(v); // [N·heads, T, headDim]
    return values
        .reshape(-1, tower.numHeads(), sequence, tower.headDim())
        .permute(0, 2, 1, 3)
        .reshape(-1, tower.embedDim());
  }

  /** Returns x [N·T, D] as [N·heads, T, headDim]. */
  private static SDVariable heads(SDVariable x, Tower tower, long sequence) {
    return x.reshape(-1, sequence, tower.numHeads(), tower.headDim())
        .permute(0, 2, 1, 3)
        .reshape(-1, sequence, tower.headDim());
  }

  /** Returns the block's MLP of x, with the exact GELU x/2 · (1 + erf(x/√2)). */
  private SDVariable mlp(SDVariable x, Map<String, SDVariable> params) {
    SDVariable hidden = linear(x, params, prefix + ".mlp.fc1");
    SDVariable gelu =
        x.getSameDiff().math.erf(hidden.mul(Math.sqrt(0.5))).add(1).mul(hidden).mul(0.5);
    return linear(gelu, params, prefix + ".mlp.fc2");
  }
}
