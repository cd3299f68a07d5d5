package io.sparkmae.job;

import io.sparkmae.job.export.ExportLayout;
import io.sparkmae.job.export.ModelDescription;
import io.sparkmae.job.store.Directory;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.job.store.ModelVersion;
import io.sparkmae.job.store.StoredFile;
import io.sparkmae.model.MaeWeights;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.nd4j.linalg.api.ndarray.INDArray;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mae export}: writes a model's weights as another library reads them. */
@Command(
    name = "export",
    description = "Writes weights as timm or Hugging Face transformers read them.")
final class ExportCommand implements Callable<Outcome> {

  @Option(
      names = "--model",
      required = true,
      paramLabel = "URI",
      description = "A model directory, or one version in it.")
  private String model;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "URI",
      description = "The directory to write.")
  private String output;

  @Option(
      names = "--layout",
      defaultValue = "timm",
      paramLabel = "timm|huggingface",
      description = "timm: the encoder. huggingface: what ViTMAEModel and ViTModel read.")
  private ExportLayout layout;

  /**
   * The command's result line.
   *
   * @param version the version whose weights were exported
   * @param sha256 of model.safetensors
   */
  record Result(String output, String version, List<String> files, String sha256) {}

  @Override
  public Outcome call() throws IOException {
    return Outcome.done(run(model, output, layout, Sessions.hadoop()));
  }

  static Result run(String model, String output, ExportLayout layout, Configuration hadoop)
      throws IOException {
    ModelVersion version = ModelStore.open(model, hadoop);
    ModelDescription description = EncoderModel.description(version);
    Map<String, INDArray> weights =
        layout == ExportLayout.TIMM
            ? EncoderModel.read(version).weights()
            : MaeWeights.all(ModelCalls.graph(version));
    List<StoredFile> files =
        layout.write(
            description.name(), description.config(), weights, Directory.at(output, hadoop)::file);
    List<String> names = files.stream().map(StoredFile::file).toList();
    return new Result(output, version.name(), names, files.get(0).sha256());
  }
}
