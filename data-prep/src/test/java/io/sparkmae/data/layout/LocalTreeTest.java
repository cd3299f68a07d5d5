package io.sparkmae.data.layout;

import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.partitioningBy;
import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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

  @Test
  void linksInACircleAreNotFollowed() throws IOException {
    for (String name : List.of("a", "b", "c")) {
      Files.createDirectory(dir.resolve(name));
      Files.createFile(dir.resolve(name + "/" + name + ".jpg"));
    }
    for (String link : List.of("self .", "a/up ..", "a/to-b ../b", "b/to-a ../a", "b/same ../c")) {
      String[] names = link.split(" ");
      Files.createSymbolicLink(dir.resolve(names[0]), Path.of(names[1]));
    }

    Inputs inputs = Inputs.list(List.of(dir.toString()), new Configuration());

    Map<Boolean, List<String>> missing =
        inputs.files().stream()
            .collect(partitioningBy(SourceFile::isMissing, mapping(SourceFile::name, toList())));
    assertThat(missing.get(false))
        .containsExactly(
            "a/a.jpg",
            "a/to-b/b.jpg",
            "a/to-b/same/c.jpg",
            "b/b.jpg",
            "b/same/c.jpg",
            "b/to-a/a.jpg",
            "c/c.jpg");
    assertThat(missing.get(true))
        .containsExactly("a/to-b/to-a", "a/up", "b/to-a/to-b", "b/to-a/up", "self");
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
