package io.sparkmae.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The messages that docs/operations.md quotes are those that the code prints. */
class OperationsTest {

  private static final String NEXT_PART = "\"\\s*\\+\\s*\"";
  private static final String PLACE = "%[\\d.,]*[a-z]";

  @Test
  void everyQuotedMessageIsInTheCode() throws IOException {
    List<String> quoted =
        Files.readAllLines(Path.of("../docs/operations.md")).stream()
            .dropWhile(line -> !line.startsWith("## Ten failures"))
            .filter(line -> line.startsWith("| `"))
            .map(line -> line.substring(3, line.indexOf('`', 3)))
            .toList();
    String code = code();
    assertThat(quoted).hasSize(10);
    assertThat(quoted)
        .allSatisfy(message -> assertThat(isPrinted(message, code)).as(message).isTrue());
  }

  @Test
  void anotherMessageIsNotFound() throws IOException {
    assertThat(isPrinted("Cannot find the task slots", code())).isFalse();
    assertThat(isPrinted("Cannot count … of … after … hours", code())).isFalse();
  }

  /** Returns whether one string of the code has all parts of a message in order. */
  private static boolean isPrinted(String message, String code) {
    return code.lines().anyMatch(line -> hasParts(line, message.split("…")));
  }

  private static boolean hasParts(String line, String[] parts) {
    int at = 0;
    for (String part : parts) {
      int found = line.indexOf(part, at);
      if (found < 0) {
        return false;
      }
      at = found + part.length();
    }
    return true;
  }

  /** Returns all code, strings of several lines joined, places of values as ellipses. */
  private static String code() throws IOException {
    StringBuilder code = new StringBuilder();
    for (String module : List.of("model", "data-prep", "spark-job")) {
      try (Stream<Path> files = Files.walk(Path.of("..", module, "src/main/java"))) {
        files.filter(file -> file.toString().endsWith(".java")).forEach(file -> read(file, code));
      }
    }
    return code.toString();
  }

  private static void read(Path file, StringBuilder code) {
    try {
      code.append(Files.readString(file).replaceAll(NEXT_PART, "").replaceAll(PLACE, "…"))
          .append('\n');
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
