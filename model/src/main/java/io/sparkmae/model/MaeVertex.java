package io.sparkmae.model;

import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Tower;
import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.layers.samediff.SDVertexParams;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffVertex;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * One named part of the graph; its parameters carry the reference's full names and shapes.
 *
 * <p>In the formulas of the parts N is the batch, T the length of the sequence with the class
 * token, D the width.
 */
abstract class MaeVertex extends SameDiffVertex {

  private static final long serialVersionUID = 1;

  @JsonProperty private MaeConfig config;

  MaeVertex(MaeConfig config) {
    this.config = config;
  }

  /** Makes an empty part for DL4J's JSON, which fills the fields. */
  MaeVertex() {}

  final MaeConfig config() {
    return config;
  }

  /** Returns the output of this part; {@code params} is by the reference's names. */
  abstract SDVariable define(
      SameDiff sd, Map<String, SDVariable> inputs, Map<String, SDVariable> params);

  @Override
  public SDVariable defineVertex(
      SameDiff sd,
      Map<String, SDVariable> inputs,
      Map<String, SDVariable> params,
      Map<String, SDVariable> masks) {
    return define(sd, inputs, byReferenceName(params));
  }

  // DL4J splits vertex_parameter at the last underscore, so its keys have none of their own.
  private static String keyOf(String referenceName) {
    return referenceName.replace('_', '-');
  }

  /** Returns {@code params}, which are by DL4J's keys, by the reference's names. */
  static <T> Map<String, T> byReferenceName(Map<String, T> params) {
    Map<String, T> named = new LinkedHashMap<>();
    params.forEach((key, value) -> named.put(key.replace('-', '_'), value));
    return named;
  }

  /**
   * Declares the parameters; those of two or more axes decay, the others do not (paper, Table 8).
   */
  static void declare(SDVertexParams params, Map<String, long[]> shapes) {
    shapes.forEach((name, shape) -> declare(params, name, shape, shape.length > 1));
  }

  static void declare(SDVertexParams params, String name, long[] shape, boolean decays) {
    if (decays) {
      params.addWeightParam(keyOf(name), shape);
    } else {
      params.addBiasParam(keyOf(name), shape);
    }
  }

  /** Does nothing: {@link Initialisation} fills the whole graph from one seed. */
  @Override
  public void initializeParameters(Map<String, INDArray> params) {}

  @Override
  public org.deeplearning4j.nn.graph.vertex.GraphVertex instantiate(
      ComputationGraph graph,
      String name,
      int index,
      INDArray params,
      boolean initialize,
      DataType type) {
    setName(name);
    return new MaeVertexStep(this, graph, name, index, params, type);
  }

  /** Returns this instance: a part does not change once the graph's configuration is built. */
  @Override
  public GraphVertex clone() {
    return this;
  }

  /** Returns the positions of the patches, [L, dim], without the class token's row. */
  final INDArray patchPositions(Tower tower, DataType type) {
    INDArray table = positions(tower);
    return table.get(NDArrayIndex.interval(1, table.rows()), NDArrayIndex.all()).dup().castTo(type);
  }

  /** Returns the class token's position, [1, dim]; null for the fixed one, which is zero. */
  final INDArray classPosition(Tower tower, DataType type) {
    return tower.positions() == null ? null : positions(tower).getRow(0, true).dup().castTo(type);
  }

  private INDArray positions(Tower tower) {
    long[] shape = {config.tokens() + 1L, tower.embedDim()};
    return Nd4j.create(config.positions(tower), shape, 'c');
  }

  /** Returns x·Wᵀ + b for x [rows, in] and the reference's W [out, in]. */
  static SDVariable linear(SDVariable x, Map<String, SDVariable> params, String name) {
    return x.getSameDiff()
        .mmul(x, params.get(name + ".weight"), false, true, false)
        .add(params.get(name + ".bias"));
  }

  /** Normalises the last axis with the biased variance, eps inside the root. */
  static SDVariable layerNorm(
      SDVariable x, Map<String, SDVariable> params, String name, double eps) {
    SameDiff sd = x.getSameDiff();
    SDVariable centred = x.sub(x.mean(true, -1));
    SDVariable variance = sd.math.square(centred).mean(true, -1);
    return centred
        .div(sd.math.sqrt(variance.add(eps)))
        .mul(params.get(name + ".weight"))
        .add(params.get(name + ".bias"));
  }

  /**
   * Returns the one-hot rows of {@code ids} [N, K] as [N, K, length], by a formula that has a
   * gradient everywhere.
   *
   * <p>For a whole number, 1 − |id − i| clipped at 0 is its one-hot row. DL4J needs a gradient for
   * every input of a part, even where nothing uses it.
   */
  static SDVariable oneHot(SDVariable ids, long numIds, int length) {
    SameDiff sd = ids.getSameDiff();
    SDVariable places =
        sd.constant(Nd4j.arange(length).castTo(ids.dataType()).reshape(1, 1, length));
    SDVariable distance = sd.math.abs(ids.reshape(-1, numIds, 1).sub(places));
    return sd.nn.relu(distance.rsub(1), 0);
  }
}
