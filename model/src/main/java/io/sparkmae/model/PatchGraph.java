package io.sparkmae.model;

import io.sparkmae.model.config.MaeConfig;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * A DL4J graph that is fed with patches [N, L, P] as its label, numbers or bytes, and their order
 * idsShuffle [N, L] as its feature; it derives its own {@link GraphArrays} when it computes.
 */
abstract sealed class PatchGraph extends EngineGraph permits MaeGraph {

  private static final long serialVersionUID = 1;

  private transient INDArray patches; // of the minibatch
  private transient INDArray idsShuffle;

  PatchGraph(ComputationGraphConfiguration configuration) {
    super(configuration);
  }

  /** Returns the sizes that the graph was made from. */
  public MaeConfig maeConfig() {
    return MaeArchitecture.configOf(getConfiguration());
  }

  INDArray patches() {
    return patches;
  }

  INDArray idsShuffle() {
    return idsShuffle;
  }

  /** Takes the minibatch's idsShuffle; DL4J counts the images in its own inputs. */
  @Override
  public void setInputs(INDArray... inputs) {
    if (inputs == null || inputs.length > 1) { // the graph's own
      super.setInputs(inputs);
    } else {
      idsShuffle = inputs[0];
      super.setInputs(idsShuffle, idsShuffle, idsShuffle);
    }
  }

  @Override
  public void setLabels(INDArray... labels) {
    super.setLabels(labels);
    patches = labels == null ? null : labels[0];
  }

  /** Gives the graph its own arrays of these images. */
  void place(INDArray patches, INDArray idsShuffle) {
    GraphArrays arrays = arrays(patches, idsShuffle);
    super.setInputs(arrays.features());
    super.setLabels(arrays.labels());
    setLayerMaskArrays(null, arrays.masks());
  }

  GraphArrays arrays(MultiDataSet batch) {
    return arrays(batch.getLabels(0), batch.getFeatures(0));
  }

  private GraphArrays arrays(INDArray patches, INDArray idsShuffle) {
    MaeConfig config = maeConfig();
    return GraphArrays.of(
        patches, idsShuffle, config.numKeep(), config.numPredict(), config.channels());
  }

  /** Computes the loss by the graph itself, with an engine or without. */
  @Override
  public double score(MultiDataSet batch, boolean training) {
    GraphArrays arrays = arrays(batch);
    return super.score(
        new org.nd4j.linalg.dataset.MultiDataSet(
            arrays.features(), arrays.labels(), null, arrays.masks()),
        training);
  }
}
