package io.sparkmae.job.config;

import static java.util.Comparator.comparing;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import io.sparkmae.job.export.ModelDescription;
import io.sparkmae.model.config.MaeConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.apache.commons.text.similarity.LevenshteinDistance;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Joins flags, a file and the defaults, in this order of precedence; a key that the defaults lack
 * is an error.
 */
public final class ConfigLayers {

  private static final String FLAGS = "the command line";
  private static final String CHANNELS = "model.channels";
  private static final String DATA = "data.uri";

  private ConfigLayers() {}

  /**
   * Returns the settings of a run.
   *
   * @param flags full key → value; strings are read as the key's type
   * @param file a HOCON file on any Hadoop file system, recipe:NAME, or null
   * @throws IllegalArgumentException if a key is unknown or a value breaks its rule
   */
  public static RunConfig runConfig(Map<String, ?> flags, String file, Configuration hadoop)
      throws IOException {
    return ConfigKeys.read(join(flags, file, hadoop, Settings.PRETRAINING));
  }

  /** A function that reads the description of a pre-trained model. */
  @FunctionalInterface
  public interface Models {

    ModelDescription describe(String uri) throws IOException;
  }

  /**
   * Returns the settings of a fine-tuning run, over the geometry of the model that it starts from.
   *
   * @param flags full key → value; strings are read as the key's type
   * @param file a HOCON file on any Hadoop file system, recipe:NAME, or null
   * @throws IllegalArgumentException if a key is unknown, a value breaks its rule, or no model is
   *     given
   */
  public static RunConfig fineTuning(
      Map<String, ?> flags, String file, Configuration hadoop, Models models) throws IOException {
    SettingsTable table = FineTuneSettings.TABLE;
    Config config = join(flags, file, hadoop, table);
    String model =
        config.hasPath(FineTuneSettings.MODEL) ? config.getString(FineTuneSettings.MODEL) : "";
    if (model.isBlank()) {
      throw new IllegalArgumentException(
          "Invalid finetune.model: (must be a model directory, or none to start from scratch; give --model)");
    }
    if (model.equals(FineTune.SCRATCH)) {
      return ConfigKeys.read(config, table, MaeConfig.preset(config.getString("model.name")));
    }
    ModelDescription start = models.describe(model);
    Config named = ConfigFactory.parseMap(Map.of("model.name", start.name())).withFallback(config);
    return ConfigKeys.read(named, table, start.config());
  }

  /**
   * Returns the settings of a run, whose channels are the data's unless they are set.
   *
   * @param channelsOf the channels of the prepared data set of a URI
   */
  public static RunConfig runConfig(
      Map<String, ?> flags, String file, Configuration hadoop, ToIntFunction<String> channelsOf)
      throws IOException {
    Config config = join(flags, file, hadoop, Settings.PRETRAINING);
    boolean asked = !config.hasPath(CHANNELS) && config.hasPath(DATA);
    return ConfigKeys.read(
        asked
            ? config.withValue(
                CHANNELS,
                ConfigValueFactory.fromAnyRef(channelsOf.applyAsInt(config.getString(DATA))))
            : config);
  }

  /**
   * Returns the settings that {@link RunConfig#text} wrote; keys that are newer have their
   * defaults.
   */
  public static RunConfig ofText(String text) {
    Config config = ConfigFactory.parseString(text);
    return ConfigKeys.read(config.withFallback(SettingsTable.of(config).defaults()).resolve());
  }

  /** Returns the model that {@code flags} describe, over the defaults. */
  public static ModelDescription model(Map<String, ?> flags, Configuration hadoop)
      throws IOException {
    Config config = join(flags, null, hadoop, Settings.PRETRAINING);
    String name = config.getString("model.name");
    return new ModelDescription(name, ConfigKeys.model(MaeConfig.preset(name), config));
  }

  private static Config join(
      Map<String, ?> flags, String file, Configuration hadoop, SettingsTable table)
      throws IOException {
    Config joined = checked(ConfigFactory.parseMap(flags, FLAGS), FLAGS, table);
    if (file != null) {
      joined = joined.withFallback(checked(read(file, hadoop), file, table));
    }
    return joined.withFallback(table.defaults()).resolve();
  }

  private static Config read(String file, Configuration hadoop) throws IOException {
    ConfigParseOptions named = ConfigParseOptions.defaults().setOriginDescription(file);
    try (var reader = new InputStreamReader(open(file, hadoop), StandardCharsets.UTF_8)) {
      return ConfigFactory.parseReader(reader, named).resolve();
    }
  }

  private static InputStream open(String file, Configuration hadoop) throws IOException {
    if (Recipes.isName(file)) {
      return Recipes.open(file);
    }
    Path path = new Path(file);
    return path.getFileSystem(hadoop).open(path);
  }

  private static Config checked(Config config, String source, SettingsTable table) {
    Set<String> known = keys(table.defaults());
    config.entrySet().forEach(e -> UserInfo.refuse(e.getKey(), e.getValue().render()));
    for (String key : keys(config)) {
      if (!known.contains(key)) {
        throw new IllegalArgumentException(
            "Unknown setting in %s: %s (did you mean %s?)"
                .formatted(source, key, nearest(key, known.stream())));
      }
    }
    return config;
  }

  private static Set<String> keys(Config config) {
    Set<String> keys = new LinkedHashSet<>();
    collect(config.root(), "", keys);
    return keys;
  }

  // Config.entrySet leaves out nulls, and a null is a default like any other here.
  private static void collect(ConfigObject object, String prefix, Set<String> keys) {
    for (Map.Entry<String, ConfigValue> entry : object.entrySet()) {
      if (entry.getValue() instanceof ConfigObject inner) {
        collect(inner, prefix + entry.getKey() + ".", keys);
      } else {
        keys.add(prefix + entry.getKey());
      }
    }
  }

  /** Returns the one of {@code known} that differs from {@code word} in the fewest letters. */
  static String nearest(String word, Stream<String> known) {
    LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
    return known.min(comparing(other -> distance.apply(word, other))).orElseThrow();
  }
}
