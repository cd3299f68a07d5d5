package io.sparkmae.model;

import io.sparkmae.model.config.MaeConfig;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The reference's initialisation, from one seed.
 *
 * <p>Matrices are Xavier-uniform, the fused qkv as one matrix and the patch embedding as a matrix
 * of flattened patches; tokens are normal with deviation 0.02; biases are 0 and norm weights 1. The
 * patch embedding's bias keeps a convolution's default, uniform within 1/√fanIn: the reference does
 * not zero it.
 */
public final class Initialisation {

  private Initialisation() {}

  /**
   * Fills {@code params} (name → view) in the order of the state dict; the same seed gives the same
   * bits, whether all tensors are there or the encoder's alone. While a tensor is filled, two fp64
   * copies of it are in memory.
   */
  public static void fill(Map<String, INDArray> params, MaeConfig config, long seed) {
    SplittableRandom root = new SplittableRandom(seed);
    for (String name : ReferenceNames.all(config).keySet()) {
      SplittableRandom random = root.split();
      INDArray view = params.get(name); // a classifier has no decoder
      if (view != null && !ReferenceNames.isFixed(name)) {
        view.assign(
            Nd4j.createFromArray(values(name, view.shape(), config, random))
                .reshape('c', view.shape()));
      }
    }
  }

  private static double[] values(
      String name, long[] shape, MaeConfig config, SplittableRandom random) {
    double[] values = new double[length(name, shape)];
    if (name.endsWith("_token")) {
      Arrays.setAll(values, i -> 0.02 * random.nextGaussian());
    } else if (name.equals("patch_embed.proj.bias")) {
      uniform(values, 1 / Math.sqrt(config.patchLength()), random);
    } else if (shape.length > 1) {
      double fanIn = (double) values.length / shape[0];
      uniform(values, Math.sqrt(6 / (fanIn + shape[0])), random);
    } else {
      Arrays.fill(values, name.endsWith(".weight") ? 1 : 0);
    }
    return values;
  }

  private static int length(String name, long[] shape) {
    long length = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    if (length > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "Cannot initialise %s: it has %,d numbers (at most 2,147,483,647 in one tensor; take a narrower model)"
              .formatted(name, length));
    }
    return (int) length;
  }

  private static void uniform(double[] values, double bound, SplittableRandom random) {
    Arrays.setAll(values, i -> bound * (2 * random.nextDouble() - 1));
  }
}
