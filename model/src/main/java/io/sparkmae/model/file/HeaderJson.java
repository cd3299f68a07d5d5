package io.sparkmae.model.file;

import io.sparkmae.model.file.SafetensorsHeader.Entry;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.shade.jackson.core.JsonFactory;
import org.nd4j.shade.jackson.core.JsonParser;
import org.nd4j.shade.jackson.core.JsonToken;

/** The JSON of a safetensors header, token by token: a tree of hostile JSON would be far larger. */
final class HeaderJson {

  private static final JsonFactory JSON =
      new JsonFactory().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
  private static final int DIGITS = 19; // of the largest long
  private static final int AXES = 8;

  private final JsonParser parser;
  private final Map<String, Entry> tensors = new LinkedHashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();

  private HeaderJson(JsonParser parser) {
    this.parser = parser;
  }

  static HeaderJson parse(byte[] json) throws BadWeights {
    try (JsonParser parser = JSON.createParser(json)) {
      HeaderJson header = new HeaderJson(parser);
      header.parse();
      return header;
    } catch (BadWeights e) {
      throw e;
    } catch (IOException e) { // of the JSON: the bytes are in memory
      throw new BadWeights("Broken safetensors file: its header is no JSON of tensors", e);
    }
  }

  Map<String, Entry> tensors() {
    return tensors;
  }

  Map<String, String> metadata() {
    return metadata;
  }

  private void parse() throws IOException {
    require(parser.nextToken(), JsonToken.START_OBJECT);
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.getCurrentName();
      require(parser.nextToken(), JsonToken.START_OBJECT);
      if (name.equals("__metadata__")) {
        parseMetadata();
      } else {
        tensors.put(name, tensor(name));
      }
    }
    require(parser.nextToken(), null);
  }

  private void parseMetadata() throws IOException {
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.getCurrentName();
      require(parser.nextToken(), JsonToken.VALUE_STRING);
      metadata.put(key, parser.getText());
    }
  }

  private Entry tensor(String name) throws IOException {
    String type = null;
    long[] shape = null;
    long[] offsets = null;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.getCurrentName();
      JsonToken value = parser.nextToken();
      switch (key) {
        case "dtype" -> {
          require(value, JsonToken.VALUE_STRING);
          type = parser.getText();
        }
        case "shape" -> shape = numbers(value);
        case "data_offsets" -> offsets = numbers(value);
        default ->
            throw new BadWeights(
                "Broken safetensors file: tensor %s has a %s".formatted(name, key));
      }
    }
    if (type == null || shape == null || offsets == null || offsets.length != 2) {
      throw new BadWeights(
          "Broken safetensors file: tensor %s needs dtype, shape and two data_offsets"
              .formatted(name));
    }
    return new Entry(type, shape, offsets[0], offsets[1]);
  }

  private long[] numbers(JsonToken start) throws IOException {
    require(start, JsonToken.START_ARRAY);
    long[] numbers = new long[AXES];
    int count = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      require(parser.currentToken(), JsonToken.VALUE_NUMBER_INT);
      // before it is parsed: a number of a million digits takes minutes
      boolean valid = count < AXES && parser.getTextLength() <= DIGITS;
      long number = valid ? parser.getLongValue() : -1;
      if (number < 0) {
        throw new BadWeights(
            "Broken safetensors file: a shape or an offset is negative, too large, or has more than %d axes"
                .formatted(AXES));
      }
      numbers[count++] = number;
    }
    return Arrays.copyOf(numbers, count);
  }

  private static void require(JsonToken token, JsonToken wanted) throws BadWeights {
    if (token != wanted) {
      throw new BadWeights("Broken safetensors file: its header is no JSON of tensors");
    }
  }
}
