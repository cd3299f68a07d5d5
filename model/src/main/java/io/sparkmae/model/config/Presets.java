package io.sparkmae.model.config;

import java.util.List;
import java.util.Map;

/** The models of the paper, and two smaller ones. */
final class Presets {

  private static final Tower DECODER_512 = new Tower(512, 8, 16);
  private static final Map<String, MaeConfig> ALL =
      Map.of(
          "mae_vit_tiny_patch16", preset(16, new Tower(192, 12, 3), new Tower(128, 4, 4)),
          "mae_vit_small_patch16", preset(16, new Tower(384, 12, 6), DECODER_512),
          "mae_vit_base_patch16", preset(16, new Tower(768, 12, 12), DECODER_512),
          "mae_vit_large_patch16", preset(16, new Tower(1024, 24, 16), DECODER_512),
          "mae_vit_huge_patch14", preset(14, new Tower(1280, 32, 16), DECODER_512));

  private Presets() {}

  /** Returns the preset of that name; see {@link MaeConfig#preset}. */
  static MaeConfig of(String name) {
    MaeConfig config = ALL.get(name);
    if (config == null) {
      throw new IllegalArgumentException(
          "Unknown model: %s (must be one of %s)".formatted(name, names()));
    }
    return config;
  }

  /** Returns all names, sorted. */
  static List<String> names() {
    return ALL.keySet().stream().sorted().toList();
  }

  private static MaeConfig preset(int patchSize, Tower encoder, Tower decoder) {
    return new MaeConfig(224, patchSize, 3, encoder, decoder, 4, 1e-6, 0.75, false);
  }
}
