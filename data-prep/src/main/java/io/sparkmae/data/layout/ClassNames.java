package io.sparkmae.data.layout;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sparkmae.data.image.BadData;
import io.sparkmae.data.storage.HadoopFiles;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** {@code classes.json}: a list of {@code {"label": 0, "name": "tench"}}. */
final class ClassNames {
  static final String FILE = "classes.json";

  private static final int MAX_CLASSES = 1_000_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  private ClassNames() {}

  /**
   * Returns the names by label, an empty name for a label without one; nothing if there is no such
   * file.
   *
   * @throws BadData if the file is not such a list
   */
  static Optional<List<String>> read(Path path, Configuration conf) {
    return HadoopFiles.read(path, conf).map(json -> parse(json, path));
  }

  private static List<String> parse(String json, Path path) {
    var names = new TreeMap<Integer, String>();
    try {
      for (JsonNode entry : JSON.readTree(json)) {
        names.put(label(entry.path("label"), path), entry.path("name").asText());
      }
    } catch (JsonProcessingException e) {
      throw new BadData("Cannot read %s: it is not JSON".formatted(path), e);
    }
    return names.isEmpty() ? List.of() : inOrder(names);
  }

  private static List<String> inOrder(TreeMap<Integer, String> names) {
    var classes = new java.util.ArrayList<>(Collections.nCopies(names.lastKey() + 1, ""));
    names.forEach(classes::set);
    return List.copyOf(classes);
  }

  private static int label(JsonNode written, Path path) {
    int label = written.asInt(-1);
    if (label < 0 || label >= MAX_CLASSES) {
      throw new BadData(
          "Cannot read %s: label %s (must be a number from 0)".formatted(path, written));
    }
    return label;
  }
}
