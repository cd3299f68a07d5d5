package io.sparkmae.job.export;

import io.sparkmae.job.store.Json;
import io.sparkmae.model.config.ClassifierConfig;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;

/**
 * The description of a classifier, in a section of timm's {@code config.json} that timm ignores.
 *
 * @param name the preset the encoder is based on
 * @param config geometry
 * @param classes names by label
 */
public record ClassifierDescription(String name, ClassifierConfig config, List<String> classes) {

  static final String SECTION = "mae_classifier";

  /**
   * Reads a {@code config.json}; does not close {@code in}.
   *
   * @throws IOException if the section is missing
   */
  public static ClassifierDescription read(InputStream in) throws IOException {
    Map<?, ?> file = Json.read(in, Map.class);
    if (!file.containsKey(SECTION)) {
      throw new IOException(
          "Cannot read config.json: it has no section " + SECTION + " (finetune writes one)");
    }
    return Json.parse(Json.line(file.get(SECTION)), ClassifierDescription.class);
  }
}
