package io.sparkmae.job.export;

import io.sparkmae.job.store.Content;
import io.sparkmae.job.store.Json;
import io.sparkmae.job.store.StoredFile;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.file.HuggingFaceNames;
import io.sparkmae.model.file.Safetensors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The export formats, by the library that loads them. */
public enum ExportLayout {
  /** timm's key names, the encoder alone. */
  TIMM,
  /**
   * Hugging Face transformers: ViTMAEModel and ViTModel, and ViTMAEForPreTraining if the decoder is
   * there.
   */
  HUGGINGFACE,
  /** The names of facebookresearch/mae: the encoder, and the decoder if it is there. */
  REFERENCE,
  /** The encoder as an ONNX model of one input and three outputs. */
  ONNX,
  /**
   * DL4J's zip of the whole graph, with the optimiser's state if that fits; there is no separate
   * file of weights.
   */
  DL4J;

  /** The weights in every export and in a version's {@code encoder} directory. */
  public static final String WEIGHTS = "model.safetensors";

  /** The single file of {@link #DL4J}. */
  public static final String ZIP = "model.zip";

  /** The description beside the weights; timm's also has the {@link ModelDescription}. */
  public static final String CONFIG = "config.json";

  /** The destination of the files: a directory, or a part of a version. */
  @FunctionalInterface
  public interface Sink {

    /** Writes one file. */
    StoredFile file(String name, Content content) throws IOException;
  }

  /**
   * Writes the weights, their configuration and the preprocessing of images.
   *
   * @param weights by the reference's names; a decoder that is there is written too, if the layout
   *     takes it
   */
  public List<StoredFile> write(ModelDescription model, Map<String, INDArray> weights, Sink sink)
      throws IOException {
    MaeConfig config = model.config();
    List<StoredFile> files = new ArrayList<>();
    if (this == ONNX) {
      files.addAll(OnnxEncoder.write(config, weights, sink));
    } else {
      // transformers refuses a file whose metadata does not name the framework
      Safetensors file = new Safetensors(named(weights), Map.of("format", "pt"));
      files.add(sink.file(WEIGHTS, file::write));
    }
    Map<String, Object> description =
        this == HUGGINGFACE
            ? HuggingFaceConfig.of(config, weights.containsKey("mask_token"))
            : TimmConfig.of(model);
    files.addAll(describe(model, description, sink));
    return files;
  }

  private static List<StoredFile> describe(
      ModelDescription model, Map<String, Object> description, Sink sink) throws IOException {
    List<StoredFile> files = new ArrayList<>();
    files.add(sink.file(CONFIG, out -> out.write(Json.pretty(description))));
    files.add(
        sink.file(
            "preprocessor_config.json", out -> out.write(Json.pretty(Preprocessor.of(model)))));
    return files;
  }

  private Map<String, INDArray> named(Map<String, INDArray> weights) {
    return switch (this) {
      case TIMM -> encoder(weights);
      case HUGGINGFACE -> HuggingFaceNames.fromReference(weights);
      default -> weights;
    };
  }

  private static Map<String, INDArray> encoder(Map<String, INDArray> weights) {
    Map<String, INDArray> encoder = new LinkedHashMap<>(weights);
    encoder.keySet().removeIf(name -> name.startsWith("decoder") || name.equals("mask_token"));
    return encoder;
  }

  /** Returns whether the layout has a place for a decoder, which may also be left out. */
  public boolean takesDecoder() {
    return this == HUGGINGFACE || this == REFERENCE;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
