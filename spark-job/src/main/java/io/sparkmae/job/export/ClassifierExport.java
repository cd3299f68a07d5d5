package io.sparkmae.job.export;

import io.sparkmae.job.export.ExportLayout.Sink;
import io.sparkmae.job.store.Json;
import io.sparkmae.job.store.StoredFile;
import io.sparkmae.model.config.ClassifierConfig;
import io.sparkmae.model.config.Pooling;
import io.sparkmae.model.file.HuggingFaceNames;
import io.sparkmae.model.file.Safetensors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Exports a classifier in the formats of other libraries. */
public final class ClassifierExport {

  private ClassifierExport() {}

  /**
   * Writes the weights, their configuration and the preprocessing of images.
   *
   * @param weights by timm's names
   * @throws IllegalArgumentException if the layout has no such classifier
   */
  public static List<StoredFile> write(
      ExportLayout layout, ClassifierDescription model, Map<String, INDArray> weights, Sink sink)
      throws IOException {
    Map<String, INDArray> named =
        layout == ExportLayout.TIMM ? weights : HuggingFaceNames.fromReference(weights);
    Map<String, Object> config = config(layout, model);
    Safetensors file = new Safetensors(named, Map.of("format", "pt"));
    List<StoredFile> files = new ArrayList<>();
    files.add(sink.file(ExportLayout.WEIGHTS, file::write));
    files.add(sink.file(ExportLayout.CONFIG, out -> out.write(Json.pretty(config))));
    files.add(
        sink.file(
            "preprocessor_config.json",
            out -> out.write(Json.pretty(Preprocessor.of(encoder(model))))));
    return files;
  }

  private static Map<String, Object> config(ExportLayout layout, ClassifierDescription model) {
    return switch (layout) {
      case TIMM -> timm(model);
      case HUGGINGFACE -> huggingFace(model);
      case REFERENCE, ONNX, DL4J ->
          throw new IllegalArgumentException(
              "Invalid --layout: %s (must be timm or huggingface for a classifier)"
                  .formatted(layout));
    };
  }

  /**
   * Returns what timm reads: {@code global_pool} avg has the norm {@code fc_norm}. A timm that does
   * not know {@code pool_include_prefix} would let map see the class token, and refuses.
   */
  private static Map<String, Object> timm(ClassifierDescription model) {
    ClassifierConfig config = model.config();
    Map<String, Object> json = TimmConfig.of(encoder(model));
    json.remove(ModelDescription.SECTION);
    json.put("num_classes", config.classes());
    String pool = timmsName(config.pooling());
    json.put("global_pool", pool);
    Map<String, Object> arguments = TimmConfig.arguments(config.encoder());
    arguments.put("global_pool", pool); // which timm's builder takes from here alone
    if (config.pooling() == Pooling.ATTENTION) {
      arguments.put("pool_include_prefix", false);
    }
    json.put("model_args", arguments);
    Map<String, Object> pretrained = TimmConfig.pretrained(encoder(model));
    pretrained.put("num_classes", config.classes());
    pretrained.put("label_names", model.classes());
    json.put("pretrained_cfg", pretrained);
    json.put(ClassifierDescription.SECTION, model);
    return json;
  }

  private static String timmsName(Pooling pooling) {
    return switch (pooling) {
      case CLS -> "token";
      case MEAN -> "avg";
      case ATTENTION -> "map";
    };
  }

  private static ModelDescription encoder(ClassifierDescription model) {
    return new ModelDescription(model.name(), model.config().encoder());
  }

  private static Map<String, Object> huggingFace(ClassifierDescription model) {
    if (model.config().pooling() != Pooling.CLS) {
      throw new IllegalArgumentException(
          "Cannot export this classifier for Hugging Face: it pools by %s, and ViTForImageClassification's head sees the class token (choose timm, or fine-tune with --pooling cls)"
              .formatted(model.config().pooling()));
    }
    Map<String, Object> json = HuggingFaceConfig.of(model.config().encoder(), false);
    json.keySet()
        .removeIf(
            key ->
                key.startsWith("decoder_")
                    || key.equals("mask_ratio")
                    || key.equals("norm_pix_loss"));
    json.put("architectures", List.of("ViTForImageClassification"));
    json.put("model_type", "vit");
    putClasses(json, model.classes());
    return json;
  }

  private static void putClasses(Map<String, Object> json, List<String> classes) {
    Map<String, String> names = new LinkedHashMap<>();
    Map<String, Integer> labels = new LinkedHashMap<>();
    for (int label = 0; label < classes.size(); label++) {
      names.put(Integer.toString(label), classes.get(label));
      labels.put(classes.get(label), label);
    }
    json.put("id2label", names);
    json.put("label2id", labels);
  }
}
