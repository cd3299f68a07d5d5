package io.sparkmae.model.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The header of a safetensors file of which nothing is believed: every tensor has a known type and
 * fills its bytes, and together they fill the file without gaps and overlaps.
 *
 * @param tensors name → description, in the order of their data
 * @param metadata the header's {@code __metadata__}, empty if there is none
 * @param start where the data begins in the file
 */
public record SafetensorsHeader(
    Map<String, Entry> tensors, Map<String, String> metadata, long start) {

  /** The longest header in bytes; the format's own limit. */
  public static final int LONGEST = 100_000_000;

  private static final Map<String, Integer> WIDTHS =
      Map.ofEntries(
          Map.entry("BOOL", 1),
          Map.entry("U8", 1),
          Map.entry("I8", 1),
          Map.entry("F8_E5M2", 1),
          Map.entry("F8_E4M3", 1),
          Map.entry("I16", 2),
          Map.entry("U16", 2),
          Map.entry("F16", 2),
          Map.entry("BF16", 2),
          Map.entry("I32", 4),
          Map.entry("U32", 4),
          Map.entry("F32", 4),
          Map.entry("I64", 8),
          Map.entry("U64", 8),
          Map.entry("F64", 8));

  /**
   * A tensor's type and place.
   *
   * @param type the format's name of it, such as {@code BF16}
   * @param from first byte, from the start of the data
   * @param to byte after the last
   */
  public record Entry(String type, long[] shape, long from, long to) {}

  /**
   * Reads and checks the header of a file.
   *
   * @param length of the file in bytes; no array is made that is longer
   * @throws BadWeights if the file is not what its header says
   */
  public static SafetensorsHeader read(Ranges file, long length) throws IOException {
    if (length < Long.BYTES) {
      throw new BadWeights("Not a safetensors file: it has " + length + " bytes");
    }
    byte[] first = new byte[Long.BYTES];
    file.read(0, first, first.length);
    long claimed = ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN).getLong();
    requireLength(claimed, Math.min(LONGEST, length - Long.BYTES));
    byte[] json = new byte[(int) claimed];
    file.read(Long.BYTES, json, json.length);
    SafetensorsHeader header = parse(json);
    header.requireEnd(length - header.start);
    return header;
  }

  static void requireLength(long claimed, long longest) throws BadWeights {
    if (claimed < 2 || claimed > longest) {
      throw new BadWeights(
          "Not a safetensors file: its header claims %d bytes (must be 2 to %d)"
              .formatted(claimed, longest));
    }
  }

  /** Checks all but the length of the data. */
  static SafetensorsHeader parse(byte[] json) throws BadWeights {
    HeaderJson parsed = HeaderJson.parse(json);
    Map<String, Entry> tensors = new LinkedHashMap<>();
    long end = 0;
    for (Map.Entry<String, Entry> tensor : inOrder(parsed.tensors())) {
      requireFilled(tensor.getKey(), tensor.getValue());
      if (tensor.getValue().from != end) {
        throw new BadWeights(
            "Broken safetensors file: a gap or an overlap before tensor " + tensor.getKey());
      }
      end = tensor.getValue().to;
      tensors.put(tensor.getKey(), tensor.getValue());
    }
    return new SafetensorsHeader(tensors, parsed.metadata(), Long.BYTES + (long) json.length);
  }

  private static List<Map.Entry<String, Entry>> inOrder(Map<String, Entry> tensors) {
    return tensors.entrySet().stream()
        .sorted(
            Map.Entry.comparingByValue(
                (a, b) ->
                    a.from != b.from ? Long.compare(a.from, b.from) : Long.compare(a.to, b.to)))
        .toList();
  }

  private static void requireFilled(String name, Entry tensor) throws BadWeights {
    Integer width = WIDTHS.get(tensor.type);
    if (width == null) {
      throw new BadWeights(
          "Cannot read tensor %s: type %s is unknown".formatted(name, tensor.type));
    }
    long bytes = width;
    try {
      for (long size : tensor.shape) {
        bytes = Math.multiplyExact(bytes, size);
      }
    } catch (ArithmeticException e) {
      bytes = -1;
    }
    if (tensor.from > tensor.to || bytes != tensor.to - tensor.from) {
      throw new BadWeights(
          "Broken safetensors file: tensor %s of shape %s does not fill its bytes"
              .formatted(name, Arrays.toString(tensor.shape)));
    }
  }

  private void requireEnd(long data) throws BadWeights {
    long end = tensors.values().stream().mapToLong(Entry::to).max().orElse(0);
    if (end != data) {
      throw new BadWeights(
          "Broken safetensors file: its tensors have %d bytes, the file has %d for them"
              .formatted(end, data));
    }
  }
}
