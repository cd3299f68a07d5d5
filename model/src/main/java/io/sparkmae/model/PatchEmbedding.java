package io.sparkmae.model;

import io.sparkmae.model.config.MaeConfig;
import java.util.Map;
import org.deeplearning4j.nn.conf.layers.samediff.SDVertexParams;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Kept patches [N, K, P] and idsKeep [N, K] → tokens with positions after the class token, [N, K +
 * 1, D].
 */
final class PatchEmbedding extends MaeVertex {

  static final String NAME = "patch_embed";
  private static final long serialVersionUID = 1;

  PatchEmbedding(MaeConfig config) {
    super(config);
  }

  PatchEmbedding() {} // for DL4J's JSON

  @Override
  public void defineParametersAndInputs(SDVertexParams params) {
    params.defineInputs("patches", "idsKeep");
    Map<String, long[]> shapes = ReferenceNames.encoder(config());
    shapes.keySet().removeIf(name -> !name.startsWith("patch_embed.") && !name.equals("cls_token"));
    declare(params, shapes);
  }

  @Override
  SDVariable define(SameDiff sd, Map<String, SDVariable> inputs, Map<String, SDVariable> params) {
    int dim = config().encoder().embedDim();
    SDVariable patches = inputs.get("patches");
    long kept = patches.getShape()[1];
    // the convolution's order [D, channel, row, column] → [row·column·channel, D]
    SDVariable weight =
        params
            .get("patch_embed.proj.weight")
            .permute(2, 3, 1, 0)
            .reshape(config().patchLength(), dim);
    SDVariable embedded =
        patches
            .reshape(-1, config().patchLength())
            .mmul(weight)
            .add(params.get("patch_embed.proj.bias"));

    SDVariable places = oneHot(inputs.get("idsKeep"), kept, config().tokens()); // [N, K, L]
    // [L, D]
    SDVariable positions = sd.constant(patchPositions(config().encoder(), patches.dataType()));
    SDVariable tokens = embedded.add(places.reshape(-1, config().tokens()).mmul(positions));

    SDVariable one = inputs.get("idsKeep").mul(0).mean(true, 1).add(1); // [N, 1]
    SDVariable classToken = one.mmul(params.get("cls_token").reshape(1, dim));
    return sd.concat(
        1,
        placed(sd, classToken, patches.dataType()).reshape(-1, 1, dim),
        tokens.reshape(-1, kept, dim));
  }

  /** Adds the class token's position, if it has one. */
  private SDVariable placed(SameDiff sd, SDVariable classToken, DataType type) {
    INDArray position = classPosition(config().encoder(), type);
    return position == null ? classToken : classToken.add(sd.constant(position));
  }
}
