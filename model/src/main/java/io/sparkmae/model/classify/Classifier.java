package io.sparkmae.model.classify;

import io.sparkmae.model.MaeWeights;
import io.sparkmae.model.ReferenceNames;
import io.sparkmae.model.config.ClassifierConfig;
import io.sparkmae.model.config.Pixels;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.ClassifierEngine;
import io.sparkmae.model.engine.FlatWeights;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A trained classifier, in fp32 on oneDNN. */
public final class Classifier implements AutoCloseable {

  private final ClassifierConfig config;
  private final ClassifierEngine engine;

  private Classifier(ClassifierConfig config, ClassifierEngine engine) {
    this.config = config;
    this.engine = engine;
  }

  /**
   * Returns the classifier of {@code config}; {@code weights} are by timm's names.
   *
   * @throws IllegalArgumentException if a weight is missing or of another shape
   */
  public static Classifier of(ClassifierConfig config, Map<String, INDArray> weights) {
    FlatWeights flat =
        FlatWeights.of(MaeWeights.select(weights, ReferenceNames.classifier(config)));
    return new Classifier(
        config, new ClassifierEngine(config, Precision.FP32, flat.vector(), null, flat.slots()));
  }

  /**
   * Returns the probability of each class for each image, [batch, classes].
   *
   * @param patches uint8 [batch, L, P], inside a patch row, column, channel
   */
  public float[][] probabilities(byte[] patches, int batch) {
    INDArray logits = engine.logits(Pixels.bytes(patches, batch, config.encoder()));
    double[][] rows = logits.toDoubleMatrix();
    float[][] probabilities = new float[rows.length][config.classes()];
    for (int i = 0; i < rows.length; i++) {
      softmax(rows[i], probabilities[i]);
    }
    return probabilities;
  }

  private static void softmax(double[] row, float[] probabilities) {
    double largest = Double.NEGATIVE_INFINITY;
    for (double logit : row) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (int k = 0; k < row.length; k++) {
      row[k] = StrictMath.exp(row[k] - largest);
      sum += row[k];
    }
    for (int k = 0; k < row.length; k++) {
      probabilities[k] = (float) (row[k] / sum);
    }
  }

  /** Frees the engine's memory. */
  @Override
  public void close() {
    engine.close();
  }
}
