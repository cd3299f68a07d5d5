package io.sparkmae.model;

import java.util.List;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.AbstractLayer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/**
 * Mean squared error of a patch, averaged over the removed patches of the batch (paper, section 3).
 *
 * <p>Labels are all patches [N, L, P], the mask array is [N, L] with 1 for a removed patch. Methods
 * that DL4J's output layers inherit for classification throw.
 */
final class ReconstructionLossLayer extends AbstractLayer<ReconstructionLoss>
    implements IOutputLayer {

  private static final long serialVersionUID = 1;

  private final boolean normPixLoss;
  private INDArray labels;

  ReconstructionLossLayer(
      NeuralNetConfiguration conf, DataType type, boolean normPixLoss, int index) {
    super(conf, type);
    this.normPixLoss = normPixLoss;
    setIndex(index);
  }

  @Override
  public double computeScore(
      double fullNetworkRegScore, boolean training, LayerWorkspaceMgr workspaces) {
    INDArray squared = error();
    squared.muli(squared);
    return squared.mean(2).muli(maskArray).sumNumber().doubleValue()
        / maskArray.sumNumber().doubleValue();
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    double scale = 2 / (input.size(2) * maskArray.sumNumber().doubleValue());
    INDArray weights = maskArray.mul(scale).reshape(input.size(0), input.size(1), 1);
    INDArray gradient = error().muli(weights.broadcast(input.shape()));
    return Pair.of(
        new DefaultGradient(), workspaces.leverageTo(ArrayType.ACTIVATION_GRAD, gradient));
  }

  private INDArray error() {
    return input.sub(normPixLoss ? PatchStatistics.of(labels).normalise(labels) : labels);
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    return workspaces.dup(ArrayType.ACTIVATIONS, input);
  }

  @Override
  public boolean needsLabels() {
    return true;
  }

  @Override
  public void setLabels(INDArray labels) {
    this.labels = labels;
  }

  @Override
  public INDArray getLabels() {
    return labels;
  }

  @Override
  public void clear() {
    super.clear();
    labels = null;
  }

  @Override
  public boolean isPretrainLayer() {
    return false;
  }

  @Override
  public void clearNoiseWeightParams() {}

  @Override
  public INDArray computeScoreForExamples(
      double fullNetworkRegScore, LayerWorkspaceMgr workspaces) {
    throw notAClassifier();
  }

  @Override
  public double f1Score(DataSet data) {
    throw notAClassifier();
  }

  @Override
  public double f1Score(INDArray examples, INDArray labels) {
    throw notAClassifier();
  }

  @Override
  @Deprecated
  public int numLabels() {
    throw notAClassifier();
  }

  @Override
  public void fit(DataSetIterator iterator) {
    throw notAClassifier();
  }

  @Override
  public void fit(INDArray examples, INDArray labels) {
    throw notAClassifier();
  }

  @Override
  public void fit(DataSet data) {
    throw notAClassifier();
  }

  @Override
  public void fit(INDArray examples, int[] labels) {
    throw notAClassifier();
  }

  @Override
  public int[] predict(INDArray examples) {
    throw notAClassifier();
  }

  @Override
  public List<String> predict(DataSet dataSet) {
    throw notAClassifier();
  }

  private static UnsupportedOperationException notAClassifier() {
    return new UnsupportedOperationException(
        "The reconstruction loss does not classify (probe its features instead)");
  }
}
