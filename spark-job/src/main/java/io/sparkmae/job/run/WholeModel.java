package io.sparkmae.job.run;

import io.sparkmae.job.export.ModelDescription;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.job.store.ModelVersion;
import io.sparkmae.model.MaeGraph;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;

/**
 * The encoder and decoder of a model version.
 *
 * @param version its name
 */
public record WholeModel(String version, ModelDescription description, MaeGraph graph) {

  /** Reads the model of a model directory or of one version in it. */
  public static WholeModel of(String uri, Configuration hadoop) throws IOException {
    return ModelStore.read(uri, hadoop, WholeModel::read);
  }

  private static WholeModel read(ModelVersion version) throws IOException {
    ModelDescription description = EncoderModel.description(version);
    return new WholeModel(
        version.name(), description, StateFile.graph(version, description.config()));
  }
}
