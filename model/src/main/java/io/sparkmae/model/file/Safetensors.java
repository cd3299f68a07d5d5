package io.sparkmae.model.file;

import io.sparkmae.model.engine.device.HostVector;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/**
 * The tensors of a safetensors file, in the file's order, with its metadata.
 *
 * <p>The format: a little-endian u64 with the length of a JSON header, the header, then raw
 * little-endian row-major data.
 *
 * @param tensors name → values; of type F32, F64, I64, I32 or U8
 * @param metadata the header's {@code __metadata__}, empty if there is none
 */
public record Safetensors(Map<String, INDArray> tensors, Map<String, String> metadata) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_HEADER = 100_000_000;
  private static final int PIECE = 1 << 22; // bytes copied at a time
  private static final Map<String, DataType> TYPES =
      Map.of(
          "F32",
          DataType.FLOAT,
          "F64",
          DataType.DOUBLE,
          "I64",
          DataType.INT64,
          "I32",
          DataType.INT32,
          "U8",
          DataType.UINT8);

  /**
   * Writes the file to {@code out}, which stays open; the same tensors and metadata give the same
   * bytes.
   */
  public void write(OutputStream out) throws IOException {
    byte[] header = header();
    ByteBuffer length =
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(0, header.length);
    out.write(length.array());
    out.write(header);
    for (INDArray tensor : tensors.values()) {
      write(tensor, out);
    }
  }

  private byte[] header() throws IOException {
    ObjectNode header = JSON.createObjectNode();
    if (!metadata.isEmpty()) {
      header.set("__metadata__", JSON.valueToTree(metadata));
    }
    long offset = 0;
    for (Map.Entry<String, INDArray> entry : tensors.entrySet()) {
      INDArray tensor = entry.getValue();
      long end = offset + tensor.length() * tensor.dataType().width();
      ObjectNode description = header.putObject(entry.getKey());
      description.put("dtype", nameOf(tensor.dataType()));
      description.set("shape", JSON.valueToTree(tensor.shape()));
      description.set("data_offsets", JSON.valueToTree(new long[] {offset, end}));
      offset = end;
    }
    byte[] json = JSON.writeValueAsBytes(header);
    // aligned, since readers map the data into memory
    byte[] padded = Arrays.copyOf(json, (json.length + 7) / 8 * 8);
    Arrays.fill(padded, json.length, padded.length, (byte) ' ');
    return padded;
  }

  private static String nameOf(DataType type) {
    return TYPES.entrySet().stream()
        .filter(entry -> entry.getValue() == type)
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Cannot write a tensor of type "
                        + type
                        + " (must be one of "
                        + TYPES.values()
                        + ")"));
  }

  /** Writes the values, row-major, in pieces: a tensor may be longer than a Java array. */
  public static void write(INDArray tensor, OutputStream out) throws IOException {
    INDArray dense = HostVector.dense(tensor);
    BytePointer memory = new BytePointer(dense.data().addressPointer());
    long length = dense.length() * dense.dataType().width();
    byte[] piece = new byte[(int) Math.min(PIECE, length)];
    for (long from = 0; from < length; from += PIECE) {
      int count = (int) Math.min(PIECE, length - from);
      memory.position(from).get(piece, 0, count);
      out.write(piece, 0, count);
    }
  }

  /**
   * Reads a whole file from {@code in}, which stays open.
   *
   * @throws IOException if the file is truncated or not a safetensors file
   */
  public static Safetensors read(InputStream in) throws IOException {
    DataInputStream data = new DataInputStream(in);
    long length = Long.reverseBytes(data.readLong());
    if (length < 2 || length > MAX_HEADER) {
      throw new IOException(
          "Not a safetensors file: its header claims "
              + length
              + " bytes (must be 2 to "
              + MAX_HEADER
              + ")");
    }
    JsonNode header =
        JSON.readTree(
            new String(readExactly(data, (int) length, "header"), StandardCharsets.UTF_8));
    Map<String, String> metadata = new LinkedHashMap<>();
    header
        .path("__metadata__")
        .fields()
        .forEachRemaining(e -> metadata.put(e.getKey(), e.getValue().asText()));
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : byOffset(header).entrySet()) {
      tensors.put(entry.getKey(), readTensor(data, entry.getKey(), entry.getValue()));
    }
    return new Safetensors(tensors, metadata);
  }

  private static Map<String, JsonNode> byOffset(JsonNode header) throws IOException {
    Map<String, JsonNode> sorted = new LinkedHashMap<>();
    List<Map.Entry<String, JsonNode>> entries = new ArrayList<>();
    header.fields().forEachRemaining(entries::add);
    entries.stream()
        .filter(e -> !e.getKey().equals("__metadata__"))
        .sorted((a, b) -> Long.compare(offset(a.getValue(), 0), offset(b.getValue(), 0)))
        .forEach(e -> sorted.put(e.getKey(), e.getValue()));
    long expected = 0;
    for (Map.Entry<String, JsonNode> entry : sorted.entrySet()) {
      if (offset(entry.getValue(), 0) != expected) {
        throw new IOException(
            "Broken safetensors file: a gap or an overlap before tensor " + entry.getKey());
      }
      expected = offset(entry.getValue(), 1);
    }
    return sorted;
  }

  private static long offset(JsonNode description, int end) {
    return description.path("data_offsets").path(end).asLong();
  }

  private static INDArray readTensor(DataInputStream in, String name, JsonNode description)
      throws IOException {
    DataType type = TYPES.get(description.path("dtype").asText());
    if (type == null) {
      throw new IOException(
          "Cannot read tensor "
              + name
              + ": type "
              + description.path("dtype")
              + " (must be one of "
              + TYPES.keySet()
              + ")");
    }
    long[] shape = JSON.convertValue(description.path("shape"), long[].class);
    long bytes = type.width() * Arrays.stream(shape).reduce(1, Math::multiplyExact);
    if (bytes != offset(description, 1) - offset(description, 0)) {
      throw new IOException(
          "Broken safetensors file: tensor "
              + name
              + " of shape "
              + Arrays.toString(shape)
              + " does not fill its bytes");
    }
    INDArray tensor = Nd4j.createUninitialized(type, shape);
    BytePointer memory = new BytePointer(tensor.data().addressPointer());
    byte[] piece = new byte[(int) Math.min(PIECE, bytes)];
    for (long from = 0; from < bytes; from += PIECE) {
      int wanted = (int) Math.min(PIECE, bytes - from);
      int count = in.readNBytes(piece, 0, wanted);
      if (count < wanted) {
        throw cutOff("tensor " + name, from + count, bytes);
      }
      memory.position(from).put(piece, 0, count);
    }
    return tensor;
  }

  private static byte[] readExactly(DataInputStream in, int length, String what)
      throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw cutOff(what, bytes.length, length);
    }
    return bytes;
  }

  private static EOFException cutOff(String what, long end, long length) {
    return new EOFException(
        "Cut-off safetensors file: %s ends after %d of %d bytes".formatted(what, end, length));
  }
}
