package io.sparkmae.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * A bucket of {@link S3Server}, filled by the steps of a chain.
 *
 * @param files where its objects lie as files
 */
record Bucket(Path files) {

  String uri() {
    return "s3a://" + files.getFileName();
  }

  /** Where the file lies that {@code --result BUCKET/results/STEP.json} writes. */
  Path resultFile(String step) {
    return files.resolve("results/" + step + ".json");
  }

  JsonNode result(String step) throws IOException {
    JsonNode result = Templates.parse(Files.readString(resultFile(step)));
    assertThat(result.fieldNames().next()).isEqualTo("exit_code");
    return result;
  }

  /** The newest whole version in {@code BUCKET/model}, or 0. */
  int newestModel() throws IOException {
    Path model = files.resolve("model");
    if (!Files.isDirectory(model)) {
      return 0;
    }
    try (Stream<Path> versions = Files.list(model)) {
      return versions
          .filter(version -> Files.exists(version.resolve("_SUCCESS")))
          .mapToInt(version -> Integer.parseInt(version.getFileName().toString().substring(1)))
          .max()
          .orElse(0);
    }
  }
}
