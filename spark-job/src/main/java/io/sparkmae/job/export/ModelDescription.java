package io.sparkmae.job.export;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.job.store.Json;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Normalisation;
import io.sparkmae.model.file.BadWeights;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;

/**
 * The description of a model, in a section of timm's {@code config.json} that timm ignores.
 *
 * @param name the preset the model is based on
 * @param config geometry and task, decoder included
 * @param normalisation what images become the model's numbers by
 */
public record ModelDescription(
    String name,
    MaeConfig config,
    @JsonInclude(value = JsonInclude.Include.CUSTOM, valueFilter = Usual.class)
        Normalisation normalisation) {

  static final String SECTION = "mae";

  public ModelDescription {
    normalisation = normalisation == null ? Normalisation.IMAGENET : normalisation;
  }

  /** Describes a model of RGB images. */
  public ModelDescription(String name, MaeConfig config) {
    this(name, config, Normalisation.IMAGENET);
  }

  /** Equals what a description leaves out, so that Jackson does. */
  private static final class Usual {
    @Override
    public boolean equals(Object normalisation) {
      return Normalisation.IMAGENET.equals(normalisation);
    }

    @Override
    public int hashCode() {
      return Normalisation.IMAGENET.hashCode();
    }
  }

  /**
   * Reads a {@code config.json}; does not close {@code in}.
   *
   * @throws IOException if the section is missing
   */
  public static ModelDescription read(InputStream in) throws IOException {
    Map<?, ?> file = Json.read(in, Map.class);
    if (!file.containsKey(SECTION)) {
      throw new IOException(
          "Cannot read config.json: it has no section " + SECTION + " (spark-mae writes one)");
    }
    return Json.parse(Json.line(file.get(SECTION)), ModelDescription.class);
  }

  /**
   * Returns the section of a {@code config.json}, if it has one.
   *
   * @throws BadWeights if the section is no description
   */
  public static Optional<ModelDescription> in(JsonNode config) throws BadWeights {
    if (!config.has(SECTION)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Json.parse(config.get(SECTION).toString(), ModelDescription.class));
    } catch (IOException e) {
      throw new BadWeights("the section %s of its config.json is broken".formatted(SECTION), e);
    }
  }
}
