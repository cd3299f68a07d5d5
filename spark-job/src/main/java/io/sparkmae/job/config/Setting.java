package io.sparkmae.job.config;

import static java.util.stream.Collectors.joining;

import com.typesafe.config.Config;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/**
 * One setting of a run, a row of a {@link SettingsTable}.
 *
 * @param key in HOCON
 * @param component of {@link RunConfig} that has the value, a path such as {@code train.epochs}
 * @param type of the component
 * @param defaultValue as HOCON; {@code null} asks the preset or another setting
 * @param flag of the command and its value's name, such as {@code --epochs=N}, or null
 * @param doc says what the value means
 */
record Setting(
    String key, String component, Class<?> type, String defaultValue, String flag, String doc) {

  private static final Map<Class<?>, BiFunction<Config, String, Object>> READERS =
      Map.of(
          boolean.class, Config::getBoolean,
          int.class, (config, key) -> whole(config, key).getInt(key),
          long.class, (config, key) -> whole(config, key).getLong(key),
          double.class, Config::getDouble,
          String.class, Config::getString);

  Setting flag(String flag) {
    return new Setting(key, component, type, defaultValue, flag, doc);
  }

  Setting defaultValue(String value) {
    return new Setting(key, component, type, value, flag, doc);
  }

  Setting doc(String doc) {
    return new Setting(key, component, type, defaultValue, flag, doc);
  }

  /** Whether the default is a value, and no question to the preset or another setting. */
  boolean hasDefault() {
    return !defaultValue.equals("null");
  }

  String flagName() {
    return flag.substring(0, flag.indexOf('='));
  }

  /** The value in {@code config}, of the component's type. */
  Object read(Config config) {
    return type.isEnum() ? constant(config.getString(key)) : READERS.get(type).apply(config, key);
  }

  /** The value in {@code run}, as HOCON takes it. */
  Object write(RunConfig run) {
    return hocon(Components.get(run, component));
  }

  /** A value of the component's type, as HOCON takes it. */
  Object hocon(Object value) {
    return type.isEnum() ? lower(value) : value;
  }

  // HOCON's own getInt cuts 2.5 to 2.
  private static Config whole(Config config, String key) {
    Number number = config.getNumber(key);
    if (number.doubleValue() % 1 != 0) {
      throw new IllegalArgumentException(
          "Invalid %s: %s (must be a whole number)".formatted(key, number));
    }
    return config;
  }

  private Object constant(String name) {
    return Stream.of(type.getEnumConstants())
        .filter(constant -> lower(constant).equals(name.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(unknown(name)));
  }

  private String unknown(String name) {
    String known = Stream.of(type.getEnumConstants()).map(Setting::lower).collect(joining(", "));
    return "Invalid %s: %s (must be one of %s)".formatted(key, name, known);
  }

  private static String lower(Object constant) {
    return ((Enum<?>) constant).name().toLowerCase(Locale.ROOT);
  }
}
