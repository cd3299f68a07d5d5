package io.sparkmae.job.averaging;

import io.sparkmae.data.image.BadData;
import java.io.IOException;
import org.deeplearning4j.core.loader.MultiDataSetLoader;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.common.loader.Source;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * One layer of four weights and a bias, and a loader of its minibatches: what any master trains.
 */
final class SmallNetwork {

  private SmallNetwork() {}

  static ComputationGraph create(IUpdater updater) {
    ComputationGraph network =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .seed(1)
                .updater(updater)
                .graphBuilder()
                .addInputs("in")
                .addLayer(
                    "out",
                    new OutputLayer.Builder(LossFunction.MSE)
                        .nIn(4)
                        .nOut(1)
                        .activation(Activation.IDENTITY)
                        .build(),
                    "in")
                .setOutputs("out")
                .build());
    network.init();
    return network;
  }

  /** The path of a minibatch: {@code size} examples, drawn by {@code number}. */
  static String path(int number, int size) {
    return "file:///#number=" + number + "&size=" + size;
  }

  /** The path of a file that cannot be read. */
  static String badPath() {
    return "file:///#bad";
  }

  /** Reads {@link #path}. */
  static final class Loader implements MultiDataSetLoader {

    private static final long serialVersionUID = 1;

    @Override
    public MultiDataSet load(Source source) throws IOException {
      if (source.getPath().endsWith("bad")) {
        sleep(); // until whoever takes the minibatch waits for it
        throw new BadData("Cannot read file:///shard: cut off");
      }
      String[] words = source.getPath().split("[=&]");
      int size = Integer.parseInt(words[3]);
      float[] in = new float[4 * size];
      for (int i = 0; i < in.length; i++) {
        in[i] = (float) Math.sin(31 * Integer.parseInt(words[1]) + i);
      }
      var features = Nd4j.create(in, new int[] {size, 4});
      return new org.nd4j.linalg.dataset.MultiDataSet(features, features.sum(true, 1));
    }

    private static void sleep() {
      try {
        Thread.sleep(1_000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
