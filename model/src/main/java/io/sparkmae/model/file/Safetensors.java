package io.sparkmae.model.file;

import io.sparkmae.model.engine.device.HostVector;
import io.sparkmae.model.file.SafetensorsHeader.Entry;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
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
    return padded(JSON.writeValueAsBytes(header));
  }

  /** Returns the header filled up to a multiple of 8, since readers map the data into memory. */
  private static byte[] padded(byte[] json) {
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
    SafetensorsHeader.requireLength(length, SafetensorsHeader.LONGEST);
    SafetensorsHeader header = SafetensorsHeader.parse(readExactly(data, (int) length, "header"));
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, Entry> entry : header.tensors().entrySet()) {
      tensors.put(entry.getKey(), readTensor(data, entry.getKey(), entry.getValue()));
    }
    return new Safetensors(tensors, header.metadata());
  }

  private static INDArray readTensor(DataInputStream in, String name, Entry entry)
      throws IOException {
    DataType type = TYPES.get(entry.type());
    if (type == null) {
      throw new BadWeights(
          "Cannot read tensor %s: type %s (must be one of %s)"
              .formatted(name, entry.type(), TYPES.keySet()));
    }
    long bytes = entry.to() - entry.from();
    INDArray tensor = Nd4j.createUninitialized(type, entry.shape());
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
