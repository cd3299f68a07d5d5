package io.sparkmae.model;

import java.util.Collection;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.NoParamLayer;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/** The graph's output: the masked reconstruction loss on predicted patches [N, L, P]. */
final class ReconstructionLoss extends NoParamLayer {

  static final String NAME = "loss";
  private static final long serialVersionUID = 1;

  @JsonProperty private boolean normPixLoss;

  ReconstructionLoss(boolean normPixLoss) {
    this.normPixLoss = normPixLoss;
    setLayerName(NAME);
  }

  ReconstructionLoss() {} // for DL4J's JSON

  @Override
  public Layer instantiate(
      NeuralNetConfiguration conf,
      Collection<TrainingListener> listeners,
      int index,
      INDArray params,
      boolean initialize,
      DataType type) {
    return new ReconstructionLossLayer(conf, type, normPixLoss, index);
  }

  @Override
  public InputType getOutputType(int layerIndex, InputType inputType) {
    return inputType;
  }

  @Override
  public InputPreProcessor getPreProcessorForInputType(InputType inputType) {
    return null;
  }

  @Override
  public LayerMemoryReport getMemoryReport(InputType inputType) {
    return null;
  }
}
