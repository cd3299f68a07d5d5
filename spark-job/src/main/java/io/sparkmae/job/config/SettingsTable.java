package io.sparkmae.job.config;

import static java.util.function.Function.identity;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toMap;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.List;
import java.util.Map;

/** The settings of one kind of run. */
final class SettingsTable {

  private final List<Setting> rows;
  private final Map<String, Setting> ofComponent;
  private final Config defaults;

  SettingsTable(List<Setting> rows) {
    this.rows = List.copyOf(rows);
    ofComponent = rows.stream().collect(toMap(Setting::component, identity()));
    defaults =
        ConfigFactory.parseString(
            rows.stream()
                .map(setting -> setting.key() + " = " + setting.defaultValue())
                .collect(joining("\n")));
  }

  /** Returns the table of a run's kind. */
  static SettingsTable of(RunConfig run) {
    return run.fineTune().isOn() ? FineTuneSettings.TABLE : Settings.PRETRAINING;
  }

  /** Returns the table of the kind of run whose {@link RunConfig#text} is {@code text}. */
  static SettingsTable of(Config text) {
    return text.hasPath(FineTuneSettings.MODEL) ? FineTuneSettings.TABLE : Settings.PRETRAINING;
  }

  List<Setting> rows() {
    return rows;
  }

  /** Returns the settings that have a flag. */
  List<Setting> flagged() {
    return rows.stream().filter(setting -> setting.flag() != null).toList();
  }

  /** Returns the setting of a component of {@link RunConfig}; null if it is not set here. */
  Setting of(String component) {
    return ofComponent.get(component);
  }

  /** Returns every key; a null asks the preset or another setting. */
  Config defaults() {
    return defaults;
  }
}
