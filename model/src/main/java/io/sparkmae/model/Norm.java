package io.sparkmae.model;

import io.sparkmae.model.config.MaeConfig;
import java.util.Map;
import org.deeplearning4j.nn.conf.layers.samediff.SDVertexParams;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/** The layer norm that ends a tower, on [N, T, D]. */
final class Norm extends MaeVertex {

  private static final long serialVersionUID = 1;

  @JsonProperty private String prefix;

  /** Makes the norm {@code prefix}: {@code norm} or {@code decoder_norm}. */
  Norm(String prefix, MaeConfig config) {
    super(config);
    this.prefix = prefix;
  }

  Norm() {} // for DL4J's JSON

  @Override
  public void defineParametersAndInputs(SDVertexParams params) {
    params.defineInputs("x");
    long dim = config().towerOf(prefix).embedDim();
    declare(params, Map.of(prefix + ".weight", new long[] {dim}));
    declare(params, Map.of(prefix + ".bias", new long[] {dim}));
  }

  @Override
  SDVariable define(SameDiff sd, Map<String, SDVariable> inputs, Map<String, SDVariable> params) {
    int dim = config().towerOf(prefix).embedDim();
    long sequence = inputs.get("x").getShape()[1];
    return layerNorm(inputs.get("x").reshape(-1, dim), params, prefix, config().layerNormEps())
        .reshape(-1, sequence, dim);
  }
}
