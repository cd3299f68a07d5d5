package io.sparkmae.job.config;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SettingsTest {

  private static final Path PAGE = Path.of("../docs/settings.md");

  @Test
  void thePageIsTheTable() throws IOException {
    if (Boolean.getBoolean("regenerate")) {
      Files.writeString(PAGE, page());
    }
    assertThat(PAGE).as("-Dtest=SettingsTest -Dregenerate=true writes it").hasContent(page());
  }

  private static String page() {
    return """
        # Settings of a pre-training run

        A flag of `mae pretrain`, or `--set KEY=VALUE`, overrides the HOCON file of `--config`, and the file overrides the default. A setting without
        a default takes the preset's value, if nothing else is said.

        | key | flag | default | meaning |
        |---|---|---|---|
        """
        + rows(Settings.PRETRAINING)
        + """

        ## Settings of a fine-tuning run

        The same, of `mae finetune`. Defaults are those of [the paper's Table 9](finetuning.md).

        | key | flag | default | meaning |
        |---|---|---|---|
        """
        + rows(FineTuneSettings.TABLE);
  }

  private static String rows(SettingsTable table) {
    return table.rows().stream().map(SettingsTest::line).collect(joining());
  }

  private static String line(Setting setting) {
    String flag = setting.flag() == null ? "" : code(setting.flag().replace("|", "\\|"));
    String defaultValue = setting.hasDefault() ? code(setting.defaultValue()) : "";
    return "| %s | %s | %s | %s |\n"
        .formatted(code(setting.key()), flag, defaultValue, setting.doc());
  }

  private static String code(String text) {
    return "`" + text + "`";
  }
}
