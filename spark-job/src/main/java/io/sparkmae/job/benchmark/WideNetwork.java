package io.sparkmae.job.benchmark;

import org.deeplearning4j.core.loader.MultiDataSetLoader;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.common.loader.Source;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * A network whose step is cheap for its parameters: square layers, and one example per minibatch.
 *
 * @param width of every layer
 * @param layers number of layers, the output included
 */
record WideNetwork(int width, int layers) {

  private static final int WIDTH = 2048;

  static WideNetwork ofAtLeast(long parameters) {
    int width = (int) Math.min(WIDTH, Math.max(8, Math.ceil(Math.sqrt(parameters / 4.0))));
    long layer = width * (width + 1L);
    return new WideNetwork(width, (int) ((parameters + layer - 1) / layer));
  }

  long parameters() {
    return layers * width * (width + 1L);
  }

  /** Makes the network, with Adam if {@code moments}, else with plain gradient descent. */
  ComputationGraph create(boolean moments) {
    GraphBuilder graph =
        new NeuralNetConfiguration.Builder()
            .seed(1)
            .updater(moments ? new Adam(1e-4) : new Sgd(1e-4))
            .activation(Activation.TANH)
            .graphBuilder()
            .addInputs("0");
    for (int i = 1; i < layers; i++) {
      graph.addLayer("" + i, new DenseLayer.Builder().nIn(width).nOut(width).build(), "" + (i - 1));
    }
    OutputLayer output =
        new OutputLayer.Builder(LossFunction.MSE)
            .nIn(width)
            .nOut(width)
            .activation(Activation.IDENTITY)
            .build();
    graph.addLayer("output", output, "" + (layers - 1)).setOutputs("output");
    ComputationGraph network = new ComputationGraph(graph.build());
    network.init();
    return network;
  }

  /** Returns a loader that gives the same example for every path. */
  MultiDataSetLoader loader() {
    return new Loader(width);
  }

  private record Loader(int width) implements MultiDataSetLoader {

    @Override
    public MultiDataSet load(Source source) {
      return new org.nd4j.linalg.dataset.MultiDataSet(
          Nd4j.ones(1, width).muli(0.1), Nd4j.ones(1, width).muli(0.2));
    }
  }
}
