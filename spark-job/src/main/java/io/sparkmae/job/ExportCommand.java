package io.sparkmae.job;

import io.sparkmae.job.export.ClassifierExport;
import io.sparkmae.job.export.ExportLayout;
import io.sparkmae.job.export.ModelDescription;
import io.sparkmae.job.run.ClassifierModel;
import io.sparkmae.job.run.EncoderModel;
import io.sparkmae.job.run.StateFile;
import io.sparkmae.job.run.WholeModel;
import io.sparkmae.job.spark.Sessions;
import io.sparkmae.job.store.BadModel;
import io.sparkmae.job.store.Directory;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.job.store.ModelVersion;
import io.sparkmae.job.store.StoredFile;
import io.sparkmae.job.weights.ForeignWeights;
import io.sparkmae.model.Dl4jZip;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.MaeWeights;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.nd4j.linalg.api.ndarray.INDArray;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mae export}: writes a model's weights in another library's format. */
@Command(
    name = "export",
    description =
        "Writes weights as timm, Hugging Face transformers, facebookresearch/mae or ONNX Runtime read them.")
final class ExportCommand implements Callable<Outcome> {

  @Option(
      names = "--model",
      required = true,
      paramLabel = "URI",
      description = "A model directory, one version in it, or another library's safetensors files.")
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
      paramLabel = "timm|huggingface|reference|onnx|dl4j",
      description =
          "timm: the encoder, or a fine-tuned classifier. huggingface: what ViTMAEModel, ViTModel and ViTMAEForPreTraining read, or ViTForImageClassification. reference: facebookresearch/mae's names. onnx: the encoder as one model. dl4j: a ComputationGraph's zip.")
  private ExportLayout layout;

  @Option(
      names = "--decoder",
      description =
          "Writes the decoder too, to go on training; huggingface has it where the model does.")
  private boolean decoder;

  /**
   * The command's result line.
   *
   * @param version the version whose weights were exported; null for another library's model
   * @param sha256 of the first file, which has the weights
   */
  record Result(String output, String version, List<String> files, String sha256) {}

  @Override
  public Outcome call() throws IOException {
    return Outcome.done(run(model, output, layout, decoder, Sessions.hadoop()));
  }

  static Result run(
      String model, String output, ExportLayout layout, boolean decoder, Configuration hadoop)
      throws IOException {
    if (decoder && !layout.takesDecoder()) {
      throw new IllegalArgumentException(
          "Invalid --decoder: --layout %s has no choice of one (must be with reference or huggingface)"
              .formatted(layout));
    }
    ModelStore.requireApart(output, model, "the model's", hadoop);
    ModelStore.requireNone(output, hadoop);
    ExportLayout.Sink directory = Directory.at(output, hadoop)::file;
    if (!ForeignWeights.isAt(model, hadoop)) {
      return ModelStore.read(
          model,
          hadoop,
          version -> result(output, version.name(), write(version, layout, decoder, directory)));
    }
    List<StoredFile> files =
        layout == ExportLayout.DL4J
            ? zip(WholeModel.of(model, hadoop).graph(), directory)
            : foreign(model, layout, decoder, directory, hadoop);
    return result(output, null, files);
  }

  private static List<StoredFile> foreign(
      String model,
      ExportLayout layout,
      boolean decoder,
      ExportLayout.Sink directory,
      Configuration hadoop)
      throws IOException {
    try (ForeignWeights weights = ForeignWeights.open(model, hadoop)) {
      if (decoder && !weights.hasDecoder()) {
        throw new BadModel(
            "Cannot export the decoder of %s: it is an encoder alone (leave out --decoder)"
                .formatted(model));
      }
      boolean whole = decoder || layout == ExportLayout.HUGGINGFACE;
      Map<String, INDArray> tensors = whole ? weights.all() : weights.encoder();
      return layout.write(weights.description(), tensors, directory);
    }
  }

  private static List<StoredFile> write(
      ModelVersion version, ExportLayout layout, boolean decoder, ExportLayout.Sink directory)
      throws IOException {
    if (ClassifierModel.isIn(version)) {
      ClassifierModel model = ClassifierModel.read(version);
      return ClassifierExport.write(layout, model.description(), model.weights(), directory);
    }
    if (layout == ExportLayout.DL4J) {
      return zip(StateFile.withMoments(version), directory);
    }
    ModelDescription description = EncoderModel.description(version);
    boolean cross = description.config().crossDecoder();
    if (cross && decoder) {
      throw new IllegalArgumentException(
          "Invalid --decoder: %s has no names for a decoder of cross-attention (leave it out for the encoder alone, or take --layout dl4j)"
              .formatted(layout));
    }
    return layout.write(
        description,
        !cross && (decoder || layout == ExportLayout.HUGGINGFACE)
            ? MaeWeights.all(StateFile.graph(version, description.config()))
            : EncoderModel.read(version).weights(),
        directory);
  }

  private static List<StoredFile> zip(MaeGraph graph, ExportLayout.Sink directory)
      throws IOException {
    return List.of(directory.file(ExportLayout.ZIP, out -> Dl4jZip.write(graph, out)));
  }

  private static Result result(String output, String version, List<StoredFile> files) {
    List<String> names = files.stream().map(StoredFile::file).toList();
    return new Result(output, version, names, files.get(0).sha256());
  }
}
