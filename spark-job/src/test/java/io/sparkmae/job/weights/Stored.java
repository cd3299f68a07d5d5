package io.sparkmae.job.weights;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Safetensors files as others write them. */
final class Stored {

  private Stored() {}

  /** Returns a file of fp32 numbers cut to {@code type}: F32, F16 (of small numbers) or BF16. */
  static byte[] file(Map<String, INDArray> tensors, String type) throws IOException {
    StringBuilder header = new StringBuilder("{\"__metadata__\":{\"format\":\"pt\"}");
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    for (Map.Entry<String, INDArray> tensor : tensors.entrySet()) {
      int from = data.size();
      data.write(numbers(tensor.getValue(), type));
      header.append(
          ",\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(
                  tensor.getKey(),
                  type,
                  Arrays.toString(tensor.getValue().shape()).replace(" ", ""),
                  from,
                  data.size()));
    }
    return file(header.append("}").toString(), data.toByteArray());
  }

  static byte[] file(String header, byte[] data) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + json.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .put(data)
        .array();
  }

  private static byte[] numbers(INDArray tensor, String type) {
    float[] numbers = tensor.dup('c').reshape(tensor.length()).toFloatVector();
    ByteBuffer bytes =
        ByteBuffer.allocate(numbers.length * (type.equals("F32") ? 4 : 2))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (float number : numbers) {
      switch (type) {
        case "F32" -> bytes.putFloat(number);
        case "BF16" -> bytes.putShort((short) (Float.floatToRawIntBits(number) >>> 16));
        default -> bytes.putShort(half(number));
      }
    }
    return bytes.array();
  }

  /** Returns fp16 bits, cut; numbers below 2⁻¹⁴ become zero. */
  static short half(float number) {
    int bits = Float.floatToRawIntBits(number);
    int exponent = (bits >>> 23 & 0xff) - 127 + 15;
    int sign = bits >>> 16 & 0x8000;
    return (short) (exponent <= 0 ? sign : sign | exponent << 10 | bits >>> 13 & 0x3ff);
  }

  /** Writes shards and their index as transformers does. */
  static void shards(Map<String, INDArray> tensors, int count, Path directory) throws IOException {
    List<Map<String, INDArray>> shards = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      shards.add(new LinkedHashMap<>());
    }
    StringBuilder index =
        new StringBuilder("{\"metadata\": {\"total_size\": 1}, \"weight_map\": {");
    int next = 0;
    for (Map.Entry<String, INDArray> tensor : tensors.entrySet()) {
      int shard = next++ * count / tensors.size();
      shards.get(shard).put(tensor.getKey(), tensor.getValue());
      index.append(
          "%s\"%s\": \"%s\"".formatted(next == 1 ? "" : ", ", tensor.getKey(), name(shard, count)));
    }
    Files.createDirectories(directory);
    for (int i = 0; i < count; i++) {
      Files.write(directory.resolve(name(i, count)), file(shards.get(i), "F32"));
    }
    Files.writeString(directory.resolve("model.safetensors.index.json"), index + "}}");
  }

  private static String name(int shard, int count) {
    return "model-%05d-of-%05d.safetensors".formatted(shard + 1, count);
  }
}
