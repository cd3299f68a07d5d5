package io.sparkmae.job.run;

import io.sparkmae.job.export.ModelDescription;
import io.sparkmae.job.store.BadModel;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.job.store.ModelVersion;
import io.sparkmae.job.weights.ForeignWeights;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.MaeWeights;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.nd4j.linalg.learning.config.NoOp;

/**
 * The encoder and decoder of a model version.
 *
 * @param version its name; empty for another library's model
 */
public record WholeModel(String version, ModelDescription description, MaeGraph graph) {

  /**
   * Reads the model of a model directory, of one version in it, or of another library's safetensors
   * files.
   *
   * @throws BadModel if it has no decoder
   */
  public static WholeModel of(String uri, Configuration hadoop) throws IOException {
    if (!ForeignWeights.isAt(uri, hadoop)) {
      return ModelStore.read(uri, hadoop, WholeModel::read);
    }
    try (ForeignWeights foreign = ForeignWeights.open(uri, hadoop)) {
      if (!foreign.hasDecoder()) {
        throw new BadModel(
            "Cannot reconstruct with %s: it is an encoder without a decoder (embed, probe and export take it; pretrain --init trains one)"
                .formatted(uri));
      }
      MaeGraph graph = MaeGraph.blank(foreign.description().config(), new NoOp(), 0);
      MaeWeights.load(graph, foreign.all());
      return new WholeModel("", foreign.description(), graph);
    }
  }

  private static WholeModel read(ModelVersion version) throws IOException {
    ModelDescription description = EncoderModel.description(version);
    return new WholeModel(
        version.name(), description, StateFile.graph(version, description.config()));
  }
}
