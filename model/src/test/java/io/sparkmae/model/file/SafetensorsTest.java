package io.sparkmae.model.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.model.Conformance;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class SafetensorsTest {

  @Test
  void readsBackWhatItWrote() throws IOException {
    INDArray matrix = Nd4j.rand(DataType.FLOAT, 5, 7);
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    tensors.put("matrix", matrix);
    tensors.put("view", matrix.get(NDArrayIndex.interval(1, 3), NDArrayIndex.all()).transpose());
    tensors.put("double", Nd4j.createFromArray(1.5, -2.5));
    tensors.put("ids", Nd4j.createFromArray(1L << 40, -3L));
    tensors.put("scalar", Nd4j.scalar(0.25f));
    Safetensors read = read(bytes(new Safetensors(tensors, Map.of("format", "pt"))));
    assertThat(read.metadata()).isEqualTo(Map.of("format", "pt"));
    assertThat(read.tensors().keySet()).containsExactlyElementsOf(tensors.keySet());
    tensors.forEach(
        (name, tensor) -> assertThat(read.tensors().get(name)).as(name).isEqualTo(tensor));
  }

  @Test
  void rewritingAFileKeepsEveryTensorsBits() throws IOException {
    byte[] golden;
    try (var in = Conformance.class.getResourceAsStream("golden/mae_tiny.safetensors")) {
      golden = in.readAllBytes();
    }
    Safetensors first = read(golden);
    byte[] rewritten = bytes(first);
    assertThat(bytes(read(rewritten))).isEqualTo(rewritten);
    first.tensors().forEach((name, tensor) -> assertThat(tensor).isNotNull());
  }

  @Test
  void alignsTheDataTo8Bytes() throws IOException {
    byte[] bytes = bytes(new Safetensors(Map.of("a", Nd4j.createFromArray(1f)), Map.of()));
    assertThat((bytes.length - Float.BYTES) % 8).isZero();
  }

  @Test
  void brokenFilesAreRefusedInOneSentence() throws IOException {
    byte[] bytes = bytes(new Safetensors(Map.of("a", Nd4j.createFromArray(1f, 2f)), Map.of()));
    assertThatThrownBy(() -> read(Arrays.copyOf(bytes, bytes.length - 1)))
        .isInstanceOf(IOException.class)
        .hasMessage("Cut-off safetensors file: tensor a ends after 7 of 8 bytes");
    assertThatThrownBy(() -> read("not a tensor file at all".getBytes()))
        .hasMessageStartingWith("Not a safetensors file: its header claims");
    String header =
        new String(bytes, 8, bytes.length - 16).replace("\"shape\":[2]", "\"shape\":[3]");
    byte[] wrong = bytes.clone();
    System.arraycopy(header.getBytes(), 0, wrong, 8, header.length());
    assertThatThrownBy(() -> read(wrong))
        .hasMessageContaining("tensor a of shape [3] does not fill its bytes");
  }

  private static byte[] bytes(Safetensors file) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    file.write(out);
    return out.toByteArray();
  }

  private static Safetensors read(byte[] bytes) throws IOException {
    return Safetensors.read(new ByteArrayInputStream(bytes));
  }
}
