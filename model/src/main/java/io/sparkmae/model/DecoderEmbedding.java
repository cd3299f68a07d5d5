package io.sparkmae.model;

import io.sparkmae.model.config.MaeConfig;
import java.util.Map;
import org.deeplearning4j.nn.conf.layers.samediff.SDVertexParams;
import org.nd4j.autodiff.samediff.SDIndex;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Latent [N, K + 1, D] and idsRestore [N, L] → the decoder's input [N, L + 1, E]: tokens in image
 * order, mask tokens for removed patches, positions added.
 *
 * <p>For a decoder of cross-attention it is [N, K + 1 + L, E]: the visible tokens, whose positions
 * the encoder added, then a mask token with its position for every patch.
 */
final class DecoderEmbedding extends MaeVertex {

  static final String NAME = "decoder_embed";
  private static final long serialVersionUID = 1;

  DecoderEmbedding(MaeConfig config) {
    super(config);
  }

  DecoderEmbedding() {} // for DL4J's JSON

  @Override
  public void defineParametersAndInputs(SDVertexParams params) {
    params.defineInputs("latent", "idsRestore");
    Map<String, long[]> shapes = ReferenceNames.all(config());
    shapes
        .keySet()
        .removeIf(name -> !name.startsWith("decoder_embed.") && !name.equals("mask_token"));
    declare(params, shapes);
  }

  @Override
  SDVariable define(SameDiff sd, Map<String, SDVariable> inputs, Map<String, SDVariable> params) {
    int dim = config().decoder().embedDim();
    int tokens = config().tokens();
    SDVariable latent = inputs.get("latent");
    long kept = latent.getShape()[1] - 1;
    SDVariable embedded =
        linear(latent.reshape(-1, config().encoder().embedDim()), params, NAME)
            .reshape(-1, kept + 1, dim);
    SDVariable positions =
        sd.constant(patchPositions(config().decoder(), latent.dataType()).reshape(1, tokens, dim));
    if (config().crossDecoder()) {
      SDVariable images = inputs.get("idsRestore").reshape(-1, tokens, 1).mul(0); // only for N
      return sd.concat(1, embedded, images.add(positions.add(params.get("mask_token"))));
    }
    SDVariable classToken = embedded.get(SDIndex.all(), SDIndex.interval(0, 1), SDIndex.all());
    SDVariable visible =
        embedded.get(SDIndex.all(), SDIndex.interval(1, (int) kept + 1), SDIndex.all());

    // [N, L, K], zero rows for removed patches
    SDVariable places = oneHot(inputs.get("idsRestore"), tokens, (int) kept);
    SDVariable removed = places.sum(true, 2).rsub(1); // [N, L, 1]
    SDVariable body = places.mmul(visible).add(removed.mul(params.get("mask_token"))); // [N, L, E]
    INDArray classPosition = classPosition(config().decoder(), latent.dataType());
    if (classPosition != null) {
      classToken = classToken.add(sd.constant(classPosition.reshape(1, 1, dim)));
    }
    return sd.concat(1, classToken, body.add(positions));
  }
}
