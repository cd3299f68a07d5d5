package io.sparkmae.job.store;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.sparkmae.model.config.DecoderAttention;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.MaskSampling;
import io.sparkmae.model.config.Tower;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads and writes JSON; the components of records are in snake_case. */
public final class Json {

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .addMixIn(Tower.class, WithoutNulls.class)
          .addMixIn(MaeConfig.class, WithoutTheUsual.class)
          .build();

  /** A record whose absent components are left out. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private interface WithoutNulls {}

  /** A model that says of its decoder and its masks only what is not the paper's. */
  private interface WithoutTheUsual {

    @JsonInclude(value = JsonInclude.Include.CUSTOM, valueFilter = DecoderAttention.Usual.class)
    DecoderAttention decoderAttention();

    @JsonInclude(JsonInclude.Include.NON_DEFAULT)
    double predictRatio();

    @JsonInclude(value = JsonInclude.Include.CUSTOM, valueFilter = MaskSampling.Usual.class)
    MaskSampling maskSampling();

    @JsonInclude(JsonInclude.Include.NON_DEFAULT)
    boolean encoderMaskTokens();
  }

  private Json() {}

  /** Returns a value as one line of JSON, without a line end. */
  public static String line(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the content of a file with each value as a line. */
  public static Content lines(List<?> values) {
    return out -> {
      for (Object value : values) {
        out.write((line(value) + "\n").getBytes(StandardCharsets.UTF_8));
      }
    };
  }

  /** Reads a file of lines that are values of one type; does not close {@code in}. */
  public static <T> List<T> readLines(InputStream in, Class<T> type) throws IOException {
    List<T> values = new ArrayList<>();
    for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
      values.add(parse(line, type));
    }
    return values;
  }

  /** Returns the fields of a record or map by their names in JSON. */
  public static Map<String, Object> fields(Object value) {
    return MAPPER.convertValue(value, new TypeReference<LinkedHashMap<String, Object>>() {});
  }

  /** Returns a value as indented JSON in UTF-8, for files that people read. */
  public static byte[] pretty(Object value) {
    try {
      String text = MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value);
      return (text + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads one value; does not close {@code in}. */
  public static <T> T read(InputStream in, Class<T> type) throws IOException {
    return MAPPER.readValue(in, type);
  }

  /** Reads one value from its text. */
  public static <T> T parse(String text, Class<T> type) throws IOException {
    return MAPPER.readValue(text, type);
  }
}
