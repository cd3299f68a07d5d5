package io.sparkmae.data.layout;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalTreeTest {

  @TempDir Path dir;

  /** Lists the names under its argument, for a process with a locale of its own. */
  public static final class Names {
    public static void main(String[] arguments) {
      try {
        System.out.print(Inputs.list(List.of(arguments), new Configuration()).files().size());
      } catch (RuntimeException e) {
        System.out.print(e.getMessage());
      }
    }
  }

  @Test
  void aNameThatTheLocaleCannotSpellIsReadOrRefused() throws Exception {
    run("C.UTF-8", "bash", "-c", "touch \"$0\"/$'\\xc3\\xbc.jpg' \"$0\"/a.jpg", dir.toString());

    assertThat(names("C.UTF-8")).isEqualTo("2");
    assertThat(names("C"))
        .startsWith("Cannot read ")
        .contains(dir.toString())
        .endsWith("(set LC_ALL=C.UTF-8 for the driver and the executors)");
  }

  private String names(String locale) throws Exception {
    String java = ProcessHandle.current().info().command().orElseThrow();
    String path = System.getProperty("java.class.path");
    return run(locale, java, "-Xmx256m", "-cp", path, Names.class.getName(), dir.toString());
  }

  private static String run(String locale, String... command)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().keySet().removeIf(key -> key.startsWith("LC_") || key.equals("LANG"));
    builder.environment().put("LC_ALL", locale);
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    return out;
  }
}
