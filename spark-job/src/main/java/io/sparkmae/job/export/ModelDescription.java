package io.sparkmae.job.export;

import io.sparkmae.job.store.Json;
import io.sparkmae.model.config.MaeConfig;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/**
 * What a model is, in a section of timm's {@code config.json} that timm passes over.
 *
 * @param name the preset that the model started from
 * @param config geometry and task, decoder included
 */
public record ModelDescription(String name, MaeConfig config) {

  static final String SECTION = "mae";

  /**
   * Reads a {@code config.json}; {@code in} stays the caller's to close.
   *
   * @throws IOException if the section is not there
   */
  public static ModelDescription read(InputStream in) throws IOException {
    Map<?, ?> file = Json.read(in, Map.class);
    if (!file.containsKey(SECTION)) {
      throw new IOException(
          "Cannot read config.json: it has no section " + SECTION + " (spark-mae writes one)");
    }
    return Json.parse(Json.line(file.get(SECTION)), ModelDescription.class);
  }
}
