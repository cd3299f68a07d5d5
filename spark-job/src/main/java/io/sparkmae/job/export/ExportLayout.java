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
   * @param weights by the reference's names, with or without the decoder's
   */
  public List<StoredFile> write(ModelDescription model, Map<String, INDArray> weights, Sink sink)
      throws IOException {
    MaeConfig config = model.config();
    Map<String, INDArray> named =
        this == TIMM ? encoder(weights) : HuggingFaceNames.fromReference(weights);
    Map<String, Object> description =
        this == TIMM
            ? TimmConfig.of(model)
            : HuggingFaceConfig.of(config, weights.containsKey("mask_token"));
    // transformers refuses a file whose metadata does not name the framework
    Safetensors file = new Safetensors(named, Map.of("format", "pt"));
    List<StoredFile> files = new ArrayList<>();
    files.add(sink.file(WEIGHTS, file::write));
    files.add(sink.file(CONFIG, out -> out.write(Json.pretty(description))));
    files.add(
        sink.file(
            "preprocessor_config.json", out -> out.write(Json.pretty(Preprocessor.of(model)))));
    return files;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  private static Map<String, INDArray> encoder(Map<String, INDArray> weights) {
    Map<String, INDArray> encoder = new LinkedHashMap<>(weights);
    encoder.keySet().removeIf(name -> name.startsWith("decoder") || name.equals("mask_token"));
    return encoder;
  }
}
