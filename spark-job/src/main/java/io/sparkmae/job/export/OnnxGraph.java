package io.sparkmae.job.export;

import io.sparkmae.job.store.Content;
import io.sparkmae.model.file.Safetensors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.AttributeProto.AttributeType;
import onnx.Onnx.GraphProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.StringStringEntryProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorShapeProto;
import onnx.Onnx.TensorShapeProto.Dimension;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.protobuf.ByteString;

/** An ONNX graph under construction; a value is known by its name. */
final class OnnxGraph {

  private final GraphProto.Builder graph = GraphProto.newBuilder();
  private final String dataFile; // null: tensors are in the model's own file
  private final List<Content> data = new ArrayList<>();
  private long dataLength;
  private int values;

  /** A graph whose tensors go to a file of their own, {@code dataFile}; null for none. */
  OnnxGraph(String name, String dataFile) {
    this.dataFile = dataFile;
    graph.setName(name);
  }

  /** Adds a node of one output, which it returns. */
  String node(String op, List<String> inputs, AttributeProto... attributes) {
    return named(op.toLowerCase(Locale.ROOT) + "_" + values++, op, inputs, attributes);
  }

  /** Adds a node whose output has this name. */
  String named(String output, String op, List<String> inputs, AttributeProto... attributes) {
    graph.addNode(
        NodeProto.newBuilder()
            .setName(output)
            .setOpType(op)
            .addAllInput(inputs)
            .addOutput(output)
            .addAllAttribute(List.of(attributes)));
    return output;
  }

  /** Adds a weight, fp32. */
  String weight(String name, INDArray tensor) throws IOException {
    TensorProto.Builder proto =
        TensorProto.newBuilder().setName(name).setDataType(TensorProto.DataType.FLOAT_VALUE);
    LongStream.of(tensor.shape()).forEach(proto::addDims);
    if (dataFile == null) {
      ByteString.Output bytes = ByteString.newOutput();
      Safetensors.write(tensor, bytes);
      proto.setRawData(bytes.toByteString());
    } else {
      putBeside(proto, tensor);
    }
    graph.addInitializer(proto);
    return name;
  }

  private void putBeside(TensorProto.Builder proto, INDArray tensor) {
    long length = tensor.length() * Float.BYTES;
    proto.setDataLocation(TensorProto.DataLocation.EXTERNAL);
    proto.addExternalData(entry("location", dataFile));
    proto.addExternalData(entry("offset", Long.toString(dataLength)));
    proto.addExternalData(entry("length", Long.toString(length)));
    dataLength += length;
    data.add(out -> Safetensors.write(tensor, out));
  }

  /** Adds a constant of whole numbers, a vector. */
  String constant(long... numbers) {
    String name = "constant_" + values++;
    TensorProto.Builder proto =
        TensorProto.newBuilder().setName(name).setDataType(TensorProto.DataType.INT64_VALUE);
    proto.addDims(numbers.length);
    LongStream.of(numbers).forEach(proto::addInt64Data);
    graph.addInitializer(proto);
    return name;
  }

  /** Adds a scalar, fp32 or a whole number to index with. */
  String scalar(Number number) {
    String name = "scalar_" + values++;
    TensorProto.Builder proto = TensorProto.newBuilder().setName(name);
    if (number instanceof Long index) {
      proto.setDataType(TensorProto.DataType.INT64_VALUE).addInt64Data(index);
    } else {
      proto.setDataType(TensorProto.DataType.FLOAT_VALUE).addFloatData(number.floatValue());
    }
    graph.addInitializer(proto);
    return name;
  }

  void input(String name, long... shape) {
    graph.addInput(value(name, shape));
  }

  void output(String name, long... shape) {
    graph.addOutput(value(name, shape));
  }

  GraphProto build() {
    return graph.build();
  }

  /** Returns what the file of the tensors has. */
  Content data() {
    return out -> {
      for (Content tensor : data) {
        tensor.writeTo(out);
      }
    };
  }

  static AttributeProto attribute(String name, long value) {
    return AttributeProto.newBuilder().setName(name).setType(AttributeType.INT).setI(value).build();
  }

  static AttributeProto attribute(String name, float value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.FLOAT)
        .setF(value)
        .build();
  }

  static AttributeProto list(String name, long... values) {
    AttributeProto.Builder ints =
        AttributeProto.newBuilder().setName(name).setType(AttributeType.INTS);
    LongStream.of(values).forEach(ints::addInts);
    return ints.build();
  }

  // every value's first axis is the batch
  private static ValueInfoProto value(String name, long... shape) {
    TensorShapeProto.Builder axes = TensorShapeProto.newBuilder();
    axes.addDim(Dimension.newBuilder().setDimParam("batch"));
    LongStream.of(shape).forEach(size -> axes.addDim(Dimension.newBuilder().setDimValue(size)));
    TypeProto.Tensor type =
        TypeProto.Tensor.newBuilder()
            .setElemType(TensorProto.DataType.FLOAT_VALUE)
            .setShape(axes)
            .build();
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(type))
        .build();
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }
}
