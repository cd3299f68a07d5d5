package io.sparkmae.data.storage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** The footer entry from which Hugging Face {@code datasets} reads column types and class names. */
public final class HuggingFaceFeatures {
  public static final String KEY = "huggingface";

  private static final ObjectMapper JSON = new ObjectMapper();

  private HuggingFaceFeatures() {}

  /**
   * Returns the entry for images with these classes, or with plain integer labels if there are
   * none.
   */
  public static String of(List<String> classes) {
    ObjectNode root = JSON.createObjectNode();
    ObjectNode features = root.putObject("info").putObject("features");
    features.putObject("image").put("_type", "Image");
    ObjectNode label = features.putObject("label");
    if (classes.isEmpty()) {
      label.put("dtype", "int64").put("_type", "Value");
    } else {
      label.putPOJO("names", classes).put("_type", "ClassLabel");
    }
    return root.toString();
  }

  /** Returns the class names of a label's column, by label; empty if the entry has none. */
  static List<String> classes(String entry, List<String> column) {
    var names = new ArrayList<String>();
    try {
      JsonNode feature = JSON.readTree(entry).at("/info/features");
      for (String name : column) {
        feature = feature.path(name);
      }
      for (JsonNode name : feature.path("names")) {
        names.add(name.asText());
      }
    } catch (JsonProcessingException e) {
      return List.of();
    }
    return names;
  }
}
