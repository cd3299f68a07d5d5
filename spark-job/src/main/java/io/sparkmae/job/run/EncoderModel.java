package io.sparkmae.job.run;

import io.sparkmae.job.export.ExportLayout;
import io.sparkmae.job.export.ModelDescription;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.job.store.ModelVersion;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.MaeWeights;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.file.Safetensors;
import java.io.IOException;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.NoOp;

/**
 * The encoder of a model version.
 *
 * @param name the preset it is based on
 * @param config geometry and task
 * @param weights the encoder's weights, by the reference's names
 */
public record EncoderModel(String name, MaeConfig config, Map<String, INDArray> weights) {

  /** The encoder's directory in a version. */
  public static final String DIRECTORY = "encoder/";

  /** Reads the encoder of a model directory or of one version in it. */
  public static EncoderModel of(String uri, Configuration hadoop) throws IOException {
    return ModelStore.read(uri, hadoop, EncoderModel::read);
  }

  /** Reads the encoder of a version. */
  public static EncoderModel read(ModelVersion version) throws IOException {
    ModelDescription description = description(version);
    Map<String, INDArray> weights =
        version.read(DIRECTORY + ExportLayout.WEIGHTS, in -> Safetensors.read(in).tensors());
    return new EncoderModel(description.name(), description.config(), weights);
  }

  /**
   * Reads the description of a version's model, without its weights.
   *
   * @throws IllegalArgumentException if it is a classifier
   */
  public static ModelDescription description(ModelVersion version) throws IOException {
    if (ClassifierModel.isIn(version)) {
      throw new IllegalArgumentException(
          "Cannot take %s as an encoder: finetune wrote it, and its head is a classifier's (name the pre-trained model)"
              .formatted(version.uri()));
    }
    return version.read(DIRECTORY + ExportLayout.CONFIG, ModelDescription::read);
  }

  /** Returns the encoder of an untrained model. */
  public static EncoderModel untrained(String name, MaeConfig config, long seed) {
    MaeGraph graph = MaeGraph.create(config, new NoOp(), 0, seed);
    return new EncoderModel(name, config, MaeWeights.encoder(graph));
  }
}
