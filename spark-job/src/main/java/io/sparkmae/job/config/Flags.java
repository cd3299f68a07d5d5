package io.sparkmae.job.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.IModelTransformer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Gives a command the flags of pre-training, or of fine-tuning. */
public sealed class Flags implements IModelTransformer {

  private final List<Setting> flagged;

  /** Makes the flags of pre-training. */
  public Flags() {
    this(Settings.PRETRAINING);
  }

  private Flags(SettingsTable table) {
    flagged = table.flagged();
  }

  /** The flags of fine-tuning. */
  public static final class OfFineTuning extends Flags {

    public OfFineTuning() {
      super(FineTuneSettings.TABLE);
    }
  }

  @Override
  public CommandSpec transform(CommandSpec command) {
    flagged.forEach(setting -> command.addOption(option(setting)));
    return command;
  }

  /**
   * Returns the values that the command line gave, under their keys, by {@code --set} or by flags.
   */
  public Map<String, Object> given(CommandSpec command, Map<String, String> set) {
    Map<String, Object> given = new LinkedHashMap<>(set);
    for (Setting setting : flagged) {
      Object value = command.findOption(setting.flagName()).getValue();
      if (value != null && given.put(setting.key(), setting.hocon(value)) != null) {
        throw new IllegalArgumentException(
            "Setting given twice: " + setting.key() + " (give --set or its own flag, not both)");
      }
    }
    return given;
  }

  private static OptionSpec option(Setting setting) {
    String name = setting.flagName();
    OptionSpec.Builder option =
        OptionSpec.builder(name)
            .paramLabel(setting.flag().substring(name.length() + 1))
            .type(setting.type())
            .description(description(setting));
    if (setting.type() == boolean.class) {
      option.arity("0..1").fallbackValue("true");
    }
    return option.build();
  }

  private static String description(Setting setting) {
    return setting.hasDefault()
        ? setting.doc() + " Default: " + setting.defaultValue() + "."
        : setting.doc();
  }
}
