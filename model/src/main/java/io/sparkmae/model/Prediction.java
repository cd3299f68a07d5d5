package io.sparkmae.model;

import io.sparkmae.model.config.MaeConfig;
import java.util.Map;
import org.deeplearning4j.nn.conf.layers.samediff.SDVertexParams;
import org.nd4j.autodiff.samediff.SDIndex;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/** Decoded tokens, the last L of them of patches → predicted patches [N, L, P]. */
final class Prediction extends MaeVertex {

  static final String NAME = "decoder_pred";
  private static final long serialVersionUID = 1;

  Prediction(MaeConfig config) {
    super(config);
  }

  Prediction() {} // for DL4J's JSON

  @Override
  public void defineParametersAndInputs(SDVertexParams params) {
    params.defineInputs("x");
    Map<String, long[]> shapes = ReferenceNames.all(config());
    shapes.keySet().removeIf(name -> !name.startsWith(NAME + "."));
    declare(params, shapes);
  }

  @Override
  SDVariable define(SameDiff sd, Map<String, SDVariable> inputs, Map<String, SDVariable> params) {
    SDVariable x = inputs.get("x");
    int sequence = (int) x.getShape()[1];
    SDVariable body =
        x.get(
            SDIndex.all(), SDIndex.interval(sequence - config().tokens(), sequence), SDIndex.all());
    SDVariable predicted = linear(body.reshape(-1, config().decoder().embedDim()), params, NAME);
    return predicted.reshape(-1, config().tokens(), config().patchLength());
  }
}
