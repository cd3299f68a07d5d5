package io.sparkmae.model.classify;

import io.sparkmae.model.Initialisation;
import io.sparkmae.model.MaeWeights;
import io.sparkmae.model.ReferenceNames;
import io.sparkmae.model.config.ClassifierConfig;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.PositionTable;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The weights from which a classifier starts, by timm's names. */
public final class ClassifierStart {

  private static final double FINE_TUNING = 2e-5; // of the head, as in the reference
  private static final double SCRATCH = 0.02; // timm's
  private static final long STREAM = 0x68656164L;
  private static final long POOL_STREAM = 0x706f6f6cL;

  private ClassifierStart() {}

  /**
   * Returns a pre-trained encoder's weights under a fresh head, normal with deviation 2e-5; timm's
   * normal is truncated at 2, which never happens. The norm before a mean's head is fresh too, and
   * a pooling's attention: matrices normal with deviation 0.02, the latent query with 1/√D.
   *
   * @param encoder by the reference's names
   * @throws IllegalArgumentException if a weight is missing or of another shape, or the positions
   *     were trained for another image size
   */
  public static Map<String, INDArray> of(
      ClassifierConfig config, Map<String, INDArray> encoder, long seed) {
    Map<String, INDArray> weights = scratch(config, seed, FINE_TUNING);
    weights.replaceAll(
        (name, fresh) -> {
          if (isFresh(name)) {
            return fresh;
          }
          return name.equals(ReferenceNames.POS_EMBED)
              ? positions(config.encoder(), encoder.get(name))
              : MaeWeights.of(encoder, name, fresh.shape());
        });
    return weights;
  }

  private static boolean isFresh(String name) {
    return name.startsWith("head.")
        || name.startsWith("fc_norm.")
        || name.startsWith(ReferenceNames.ATTENTION_POOL);
  }

  /** Returns weights drawn from {@code seed}: the pre-training's start under a fresh head. */
  public static Map<String, INDArray> scratch(ClassifierConfig config, long seed) {
    return scratch(config, seed, SCRATCH);
  }

  private static Map<String, INDArray> scratch(
      ClassifierConfig config, long seed, double deviation) {
    Map<String, INDArray> weights = new LinkedHashMap<>();
    ReferenceNames.classifier(config)
        .forEach((name, shape) -> weights.put(name, Nd4j.create(DataType.FLOAT, shape)));
    Initialisation.fill(weights, config.encoder(), seed);
    weights.get(config.norm() + ".weight").assign(1);
    weights.put(ReferenceNames.POS_EMBED, positions(config.encoder()));
    draw(
        weights.get(ReferenceNames.HEAD + ".weight"),
        deviation,
        new SplittableRandom(seed ^ STREAM));
    SplittableRandom pool = new SplittableRandom(seed ^ POOL_STREAM);
    weights.forEach((name, weight) -> drawPool(name, weight, pool));
    return weights;
  }

  private static void drawPool(String name, INDArray weight, SplittableRandom random) {
    if (!name.startsWith(ReferenceNames.ATTENTION_POOL)) {
      return;
    }
    if (name.endsWith(".latent")) {
      draw(weight, 1 / Math.sqrt(weight.length()), random);
    } else if (weight.rank() > 1) {
      draw(weight, SCRATCH, random);
    } else {
      weight.assign(name.endsWith(".weight") ? 1 : 0);
    }
  }

  private static void draw(INDArray weight, double deviation, SplittableRandom random) {
    for (long i = 0; i < weight.length(); i++) {
      weight.putScalar(i, (float) (deviation * random.nextGaussian()));
    }
  }

  private static INDArray positions(MaeConfig config) {
    return table(config.encoder().embedDim(), config.gridSize());
  }

  private static INDArray table(int dim, int gridSize) {
    long[] shape = {1, gridSize * gridSize + 1L, dim};
    return Nd4j.create(PositionTable.of(dim, gridSize), shape, 'c').castTo(DataType.FLOAT);
  }

  /** Returns the positions for the classifier's image size; a fixed table is computed anew. */
  private static INDArray positions(MaeConfig config, INDArray trained) {
    INDArray own = positions(config);
    if (trained == null || Arrays.equals(trained.shape(), own.shape())) {
      return trained == null ? own : trained;
    }
    int grid = (int) Math.sqrt(trained.size(1) - 1.0);
    boolean fixed =
        trained.size(2) == own.size(2)
            && table((int) own.size(2), grid).equalsWithEps(trained, 1e-6);
    if (!fixed) {
      throw new IllegalArgumentException(
          "Cannot take positions of shape %s for images of %d pixels: they were trained (give the model's own image size)"
              .formatted(Arrays.toString(trained.shape()), config.imageSize()));
    }
    return own;
  }
}
