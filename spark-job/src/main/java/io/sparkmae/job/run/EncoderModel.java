package io.sparkmae.job.run;

import io.sparkmae.job.export.ExportLayout;
import io.sparkmae.job.export.ModelDescription;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.job.store.ModelVersion;
import io.sparkmae.job.weights.ForeignWeights;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.MaeWeights;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Normalisation;
import io.sparkmae.model.file.Safetensors;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.NoOp;

/**
 * The encoder of a model version.
 *
 * @param name the preset it is based on
 * @param config geometry and task
 * @param normalisation what images become the model's numbers by
 * @param weights the encoder's weights, by the reference's names
 */
public record EncoderModel(
    String name, MaeConfig config, Normalisation normalisation, Map<String, INDArray> weights) {

  /** The encoder's directory in a version. */
  public static final String DIRECTORY = "encoder/";

  /**
   * Reads the encoder of a model directory, of one version in it, or of another library's
   * safetensors files.
   */
  public static EncoderModel of(String uri, Configuration hadoop) throws IOException {
    if (!ForeignWeights.isAt(uri, hadoop)) {
      return ModelStore.read(uri, hadoop, EncoderModel::read);
    }
    try (ForeignWeights foreign = ForeignWeights.open(uri, hadoop)) {
      return of(foreign.description(), foreign.encoder());
    }
  }

  /** Reads the description of a model as {@link #of} finds it, without its weights. */
  public static ModelDescription description(String uri, Configuration hadoop) throws IOException {
    if (!ForeignWeights.isAt(uri, hadoop)) {
      return ModelStore.read(uri, hadoop, EncoderModel::description);
    }
    try (ForeignWeights foreign = ForeignWeights.open(uri, hadoop)) {
      return foreign.description();
    }
  }

  /**
   * Returns the encoder for images of another size: fixed positions are computed anew, trained ones
   * resized.
   *
   * @param imageSize a multiple of the patch size; 0 for the size that it was trained at
   */
  public EncoderModel at(int imageSize) {
    if (imageSize == 0 || imageSize == config.imageSize()) {
      return this;
    }
    MaeConfig resized = config.withImageSize(imageSize);
    Map<String, INDArray> positioned = new LinkedHashMap<>(weights);
    var positions = MaeWeights.encoderPositions(resized);
    positioned.put(positions.getKey(), positions.getValue());
    return new EncoderModel(name, resized, normalisation, positioned);
  }

  /** Reads the encoder of a version. */
  public static EncoderModel read(ModelVersion version) throws IOException {
    ModelDescription description = description(version);
    Map<String, INDArray> weights =
        version.read(DIRECTORY + ExportLayout.WEIGHTS, in -> Safetensors.read(in).tensors());
    return of(description, weights);
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
  public static EncoderModel untrained(ModelDescription model, long seed) {
    MaeGraph graph = MaeGraph.create(model.config(), new NoOp(), 0, seed);
    return of(model, MaeWeights.encoder(graph));
  }

  private static EncoderModel of(ModelDescription model, Map<String, INDArray> weights) {
    return new EncoderModel(model.name(), model.config(), model.normalisation(), weights);
  }
}
