package io.sparkmae.model;

import io.sparkmae.model.config.MaeConfig;
import java.util.Map;
import org.deeplearning4j.nn.conf.layers.samediff.SDVertexParams;
import org.nd4j.autodiff.samediff.SDIndex;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/** Decoded tokens [N, L + 1, E] → predicted patches [N, L, P]; the class token is dropped. */
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
    SDVariable body =
        inputs
            .get("x")
            .get(SDIndex.all(), SDIndex.interval(1, config().tokens() + 1), SDIndex.all());
    SDVariable predicted = linear(body.reshape(-1, config().decoder().embedDim()), params, NAME);
    return predicted.reshape(-1, config().tokens(), config().patchLength());
  }
}
