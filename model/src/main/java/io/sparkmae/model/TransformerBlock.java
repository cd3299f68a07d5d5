package io.sparkmae.model;

import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Tower;
import java.util.Map;
import org.deeplearning4j.nn.conf.layers.samediff.SDVertexParams;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/** A pre-norm transformer block on [N, T, D]: x += attn(norm1(x)); x += mlp(norm2(x)). */
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
    Tower tower = config().towerOf(prefix);
    declare(params, ReferenceNames.block(prefix, tower.embedDim(), config().hiddenDim(tower)));
  }

  @Override
  SDVariable define(SameDiff sd, Map<String, SDVariable> inputs, Map<String, SDVariable> params) {
    long sequence = inputs.get("x").getShape()[1];
    Tower tower = config().towerOf(prefix);
    double eps = config().layerNormEps();
    SDVariable x = inputs.get("x").reshape(-1, tower.embedDim()); // [N·T, D]
    x = x.add(attention(layerNorm(x, params, prefix + ".norm1", eps), params, tower, sequence));
    x = x.add(mlp(layerNorm(x, params, prefix + ".norm2", eps), params));
    return x.reshape(-1, sequence, tower.embedDim());
  }

  /**
   * Returns the attention of x. Rows of the fused weight are [all q heads | all k heads | all v
   * heads]; the scale is headDim^−½.
   */
  private SDVariable attention(
      SDVariable x, Map<String, SDVariable> params, Tower tower, long sequence) {
    SameDiff sd = x.getSameDiff();
    SDVariable[] qkv = sd.split(linear(x, params, prefix + ".attn.qkv"), 3, 1);
    SDVariable q = heads(qkv[0], tower, sequence);
    SDVariable k = heads(qkv[1], tower, sequence);
    SDVariable v = heads(qkv[2], tower, sequence);
    SDVariable logits =
        sd.mmul(q, k, false, true, false).mul(1 / Math.sqrt(tower.headDim())); // [N·heads, T, T]
    SDVariable values = sd.nn.softmax(logits, -1).mmul(v); // [N·heads, T, headDim]
    SDVariable joined =
        values
            .reshape(-1, tower.numHeads(), sequence, tower.headDim())
            .permute(0, 2, 1, 3)
            .reshape(-1, tower.embedDim());
    return linear(joined, params, prefix + ".attn.proj");
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
