package io.sparkmae.job.config;

import java.io.InputStream;
import java.util.List;

/** The files of settings that travel with the job, for {@code --config recipe:NAME}. */
final class Recipes {

  private static final String SCHEME = "recipe:";

  /** The files of {@code deploy/conf/recipes}, without their ending. */
  static final List<String> NAMES =
      List.of(
          "imagenet-vit-base",
          "imagenet-vit-large",
          "imagenet-vit-huge",
          "finetune-imagenet-vit-base",
          "finetune-imagenet-vit-large",
          "finetune-imagenet-vit-huge",
          "small-images",
          "small-data",
          "one-hour-on-a-laptop",
          "finetune-small",
          "attentive-probe-small");

  private Recipes() {}

  /** Returns whether a value of {@code --config} names a recipe, not a file. */
  static boolean isName(String config) {
    return config.startsWith(SCHEME);
  }

  /**
   * Opens a recipe.
   *
   * @param config {@code recipe:NAME}
   * @throws IllegalArgumentException if there is none of this name
   */
  static InputStream open(String config) {
    String name = config.substring(SCHEME.length());
    if (!NAMES.contains(name)) {
      throw new IllegalArgumentException(
          "Unknown recipe: %s (did you mean %s? There are %s)"
              .formatted(
                  name, ConfigLayers.nearest(name, NAMES.stream()), String.join(", ", NAMES)));
    }
    return Recipes.class.getResourceAsStream("recipes/" + name + ".conf");
  }
}
