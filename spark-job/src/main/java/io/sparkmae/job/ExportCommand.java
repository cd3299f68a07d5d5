package io.sparkmae.job;

import io.sparkmae.job.export.ClassifierExport;
import io.sparkmae.job.export.ExportLayout;
import io.sparkmae.job.export.ModelDescription;
import io.sparkmae.job.run.ClassifierModel;
import io.sparkmae.job.run.EncoderModel;
import io.sparkmae.job.run.StateFile;
import io.sparkmae.job.store.Directory;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.job.store.ModelVersion;
import io.sparkmae.job.store.StoredFile;
import io.sparkmae.model.Dl4jZip;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.MaeWeights;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mae export}: writes a model's weights in another library's format. */
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
      paramLabel = "timm|huggingface|dl4j",
      description =
          "timm: the encoder, or a fine-tuned classifier. huggingface: what ViTMAEModel and ViTModel read, or ViTForImageClassification. dl4j: a ComputationGraph's zip.")
  private ExportLayout layout;

  /**
   * The command's result line.
   *
   * @param version the version whose weights were exported
   * @param sha256 of model.safetensors, or of DL4J's model.zip
   */
  record Result(String output, String version, List<String> files, String sha256) {}

  @Override
  public Outcome call() throws IOException {
    return Outcome.done(run(model, output, layout, Sessions.hadoop()));
  }

  static Result run(String model, String output, ExportLayout layout, Configuration hadoop)
      throws IOException {
    return ModelStore.read(
        model, hadoop, version -> write(version, layout, output, Directory.at(output, hadoop)));
  }

  private static Result write(
      ModelVersion version, ExportLayout layout, String output, Directory directory)
      throws IOException {
    List<StoredFile> files =
        ClassifierModel.isIn(version)
            ? classifier(version, layout, directory)
            : encoder(version, layout, directory);
    List<String> names = files.stream().map(StoredFile::file).toList();
    return new Result(output, version.name(), names, files.get(0).sha256());
  }

  private static List<StoredFile> classifier(
      ModelVersion version, ExportLayout layout, Directory directory) throws IOException {
    ClassifierModel model = ClassifierModel.read(version);
    return ClassifierExport.write(layout, model.description(), model.weights(), directory::file);
  }

  private static List<StoredFile> encoder(
      ModelVersion version, ExportLayout layout, Directory directory) throws IOException {
    ModelDescription description = EncoderModel.description(version);
    return switch (layout) {
      case TIMM -> layout.write(description, EncoderModel.read(version).weights(), directory::file);
      case HUGGINGFACE ->
          layout.write(
              description,
              MaeWeights.all(StateFile.graph(version, description.config())),
              directory::file);
      case DL4J -> {
        MaeGraph graph = StateFile.withMoments(version);
        yield List.of(directory.file(ExportLayout.ZIP, out -> Dl4jZip.write(graph, out)));
      }
    };
  }
}
