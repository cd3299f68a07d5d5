package io.sparkmae.job.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigRenderOptions;
import io.sparkmae.model.config.MaeConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A run's settings under their HOCON keys, in both directions. */
public final class ConfigKeys {

  private static final String FINE_TUNE = "fineTune.";

  private ConfigKeys() {}

  /**
   * Reads a configuration that has every key; a null asks the preset, or for the warm-up the
   * paper's share.
   */
  static RunConfig read(Config config) {
    MaeConfig preset = MaeConfig.preset(config.getString("model.name"));
    return read(config, SettingsTable.of(config), preset);
  }

  static RunConfig read(Config config, SettingsTable table, MaeConfig preset) {
    return Components.make(RunConfig.class, "", path -> value(path, config, table, preset));
  }

  /** The preset of {@code model.name} with the geometry and task that {@code config} overrides. */
  public static MaeConfig model(MaeConfig preset, Config config) {
    Config all = config.withFallback(Settings.PRETRAINING.defaults());
    return Components.make(
        MaeConfig.class, "model.", path -> value(path, all, Settings.PRETRAINING, preset));
  }

  static String text(RunConfig config) {
    ConfigRenderOptions plain =
        ConfigRenderOptions.defaults().setOriginComments(false).setJson(false);
    Map<String, Object> values = new LinkedHashMap<>();
    SettingsTable.of(config)
        .rows()
        .forEach(setting -> values.put(setting.key(), setting.write(config)));
    return ConfigFactory.parseMap(values).root().render(plain);
  }

  /** Returns the values of a {@link RunConfig#text} by their keys, in the keys' order. */
  public static Map<String, String> values(String text) {
    Map<String, String> values = new TreeMap<>();
    for (var entry : ConfigFactory.parseString(text).entrySet()) {
      values.put(entry.getKey(), String.valueOf(entry.getValue().unwrapped()));
    }
    return values;
  }

  /**
   * Returns the settings that decide a run's result and differ from {@code text}, each with both
   * values.
   *
   * @param text of another run; a key that it lacks, being newer, has its default there
   */
  public static List<String> differences(String text, RunConfig config) {
    SettingsTable table = SettingsTable.of(config);
    if (SettingsTable.of(ConfigFactory.parseString(text)) != table) {
      return List.of("one of both runs pre-trains and the other fine-tunes");
    }
    Config there = ConfigFactory.parseString(text).withFallback(table.defaults());
    List<String> differences = new ArrayList<>();
    for (var entry : ConfigFactory.parseString(text(config)).entrySet()) { // 10.0 is read as 10
      String key = entry.getKey();
      Object value = entry.getValue().unwrapped();
      Object other = there.hasPath(key) ? there.getAnyRef(key) : "unknown";
      if (decides(key) && !value.equals(other)) {
        differences.add("%s is %s there and %s here".formatted(key, other, value));
      }
    }
    return differences.stream().sorted().toList();
  }

  private static boolean decides(String key) {
    return !key.startsWith("checkpoint.") && !key.equals("data.decode-threads");
  }

  private static Object value(
      String component, Config config, SettingsTable table, MaeConfig preset) {
    Setting setting = table.of(component);
    boolean here = setting != null && (setting.hasDefault() || config.hasPath(setting.key()));
    return here ? setting.read(config) : asked(component, config, preset);
  }

  private static Object asked(String component, Config config, MaeConfig preset) {
    if (component.startsWith(FINE_TUNE)) {
      return Components.get(FineTune.NONE, component.substring(FINE_TUNE.length()));
    }
    return switch (component) {
      case "data.uri" -> ""; // which the record refuses
      case "init" -> ""; // fine-tuning has finetune.model
      case "train.optimiser" -> RunConfig.Optimiser.ADAMW; // fine-tuning has no other
      case "train.warmupEpochs" -> config.getInt("train.epochs") / 20.0;
      default -> Components.get(preset, component.substring("model.".length()));
    };
  }
}
