package io.sparkmae.job.run;

import io.sparkmae.job.export.ClassifierDescription;
import io.sparkmae.job.export.ExportLayout;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.job.store.ModelVersion;
import io.sparkmae.model.file.Safetensors;
import java.io.IOException;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The classifier of a model version.
 *
 * @param version its name
 * @param weights by timm's names
 */
public record ClassifierModel(
    String version, ClassifierDescription description, Map<String, INDArray> weights) {

  /** The classifier's directory in a version. */
  public static final String DIRECTORY = "classifier/";

  /** Reads the classifier of a model directory or of one version in it. */
  public static ClassifierModel of(String uri, Configuration hadoop) throws IOException {
    return ModelStore.read(uri, hadoop, ClassifierModel::read);
  }

  /** Returns whether a version has a classifier. */
  public static boolean isIn(ModelVersion version) throws IOException {
    return version.has(DIRECTORY + ExportLayout.CONFIG);
  }

  /**
   * Reads the classifier of a version.
   *
   * @throws IllegalArgumentException if it has none
   */
  public static ClassifierModel read(ModelVersion version) throws IOException {
    if (!isIn(version)) {
      throw new IllegalArgumentException(
          "Cannot take %s as a classifier: it has none (finetune writes one)"
              .formatted(version.uri()));
    }
    return new ClassifierModel(
        version.name(),
        version.read(DIRECTORY + ExportLayout.CONFIG, ClassifierDescription::read),
        version.read(DIRECTORY + ExportLayout.WEIGHTS, in -> Safetensors.read(in).tensors()));
  }
}
