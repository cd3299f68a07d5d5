package io.sparkmae.model;

import io.sparkmae.model.config.MaeConfig;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Where the class token looks: its attention in the encoder's last block, all patches visible. */
public final class ClassAttention {

  private final MaeConfig config;
  private final ComputationGraph graph;
  private final Map<String, INDArray> weights;

  /**
   * Makes an encoder that has these weights, by the reference's names.
   *
   * @throws IllegalArgumentException if a weight is missing or of another shape
   */
  public ClassAttention(MaeConfig config, Map<String, INDArray> weights) {
    this.config = config;
    this.weights = weights;
    this.graph = new ComputationGraph(MaeArchitecture.encoder(config));
    graph.init();
    MaeWeights.load(graph, weights);
  }

  /**
   * Returns the attention of one image, [heads][L + 1]: what each head's softmax gives to the class
   * token itself and to each patch, row by row. The sum of a head's is 1.
   *
   * @param patches [1, L, P] numbers
   */
  public double[][] of(INDArray patches) {
    INDArray places = Nd4j.arange(config.tokens()).castTo(DataType.FLOAT);
    INDArray[] inputs = {patches, places.reshape(1, config.tokens())};
    int last = config.encoder().depth() - 1;
    String before = last == 0 ? PatchEmbedding.NAME : "blocks." + (last - 1);
    INDArray tokens = graph.feedForward(inputs, false).get(before); // [1, L + 1, D]
    return attention("blocks." + last, normalise(tokens, "blocks." + last + ".norm1"));
  }

  /** Returns the layer norm of tokens [1, T, D] as [T, D]. */
  private INDArray normalise(INDArray tokens, String name) {
    INDArray x = tokens.reshape(tokens.size(1), tokens.size(2)).castTo(DataType.DOUBLE);
    INDArray centred = x.subColumnVector(x.mean(1));
    INDArray deviation =
        Nd4j.math().sqrt(centred.mul(centred).mean(1).add(config.layerNormEps())); // biased
    return centred
        .divColumnVector(deviation)
        .muliRowVector(weight(name + ".weight"))
        .addiRowVector(weight(name + ".bias"));
  }

  private double[][] attention(String block, INDArray x) {
    int heads = config.encoder().numHeads();
    int headDim = config.encoder().headDim();
    int dim = heads * headDim;
    INDArray query = part(block, x.getRow(0, true), 0); // [1, D]
    INDArray keys = part(block, x, dim); // [T, D]
    double[][] attention = new double[heads][];
    for (int head = 0; head < heads; head++) {
      var columns = NDArrayIndex.interval(head * headDim, (head + 1) * headDim);
      INDArray q = query.get(NDArrayIndex.all(), columns).dup();
      INDArray k = keys.get(NDArrayIndex.all(), columns).dup();
      attention[head] = softmax(k.mmul(q.transpose()).divi(Math.sqrt(headDim)).data().asDouble());
    }
    return attention;
  }

  /** Returns rows [from, from + D) of the fused query, key and value layer, of x [T, D]. */
  private INDArray part(String block, INDArray x, int from) {
    var rows = NDArrayIndex.interval(from, from + config.encoder().embedDim());
    INDArray weight = weight(block + ".attn.qkv.weight").get(rows, NDArrayIndex.all()).dup();
    INDArray bias = weight(block + ".attn.qkv.bias").get(rows).dup();
    return x.mmul(weight.transpose()).addiRowVector(bias);
  }

  private INDArray weight(String name) {
    return weights.get(name).castTo(DataType.DOUBLE);
  }

  private static double[] softmax(double[] logits) {
    double largest = Double.NEGATIVE_INFINITY;
    for (double logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      logits[i] = Math.exp(logits[i] - largest);
      sum += logits[i];
    }
    for (int i = 0; i < logits.length; i++) {
      logits[i] /= sum;
    }
    return logits;
  }
}
