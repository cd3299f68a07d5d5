package io.sparkmae.job.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.sparkmae.model.file.BadWeights;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** The {@code model.safetensors.index.json} of a model in shards. */
final class ShardIndex {

  static final String FILE = "model.safetensors.index.json";

  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
  // a plain name: a path could lead out of the model's directory
  private static final Pattern NAME = Pattern.compile("\\w[\\w.-]{0,250}\\.safetensors");

  private ShardIndex() {}

  /** Returns tensor → file in the index's directory. */
  static Map<String, String> parse(byte[] json) throws BadWeights {
    try (JsonParser parser = JSON.createParser(json)) {
      Map<String, String> shards = new LinkedHashMap<>();
      require(parser.nextToken() == JsonToken.START_OBJECT);
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        require(parser.currentToken() == JsonToken.FIELD_NAME);
        boolean map = parser.currentName().equals("weight_map");
        JsonToken value = parser.nextToken();
        if (map) {
          require(value == JsonToken.START_OBJECT);
          parseMap(parser, shards);
        } else {
          parser.skipChildren();
        }
      }
      require(parser.nextToken() == null);
      require(!shards.isEmpty());
      return shards;
    } catch (BadWeights e) {
      throw e;
    } catch (IOException e) { // of the JSON: the bytes are in memory
      throw new BadWeights("its index is no JSON with a weight_map", e);
    }
  }

  private static void parseMap(JsonParser parser, Map<String, String> shards) throws IOException {
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String tensor = parser.currentName();
      require(parser.nextToken() == JsonToken.VALUE_STRING);
      String file = parser.getText();
      if (!NAME.matcher(file).matches()) {
        throw new BadWeights(
            "its index names the file %s (must be a .safetensors file in the same directory)"
                .formatted(file));
      }
      shards.put(tensor, file);
    }
  }

  private static void require(boolean holds) throws BadWeights {
    if (!holds) {
      throw new BadWeights("its index is no JSON with a weight_map");
    }
  }
}
