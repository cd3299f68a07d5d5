package io.sparkmae.job.export;

import static io.sparkmae.job.export.OnnxGraph.attribute;
import static io.sparkmae.job.export.OnnxGraph.list;

import io.sparkmae.job.store.StoredFile;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Tower;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import onnx.Onnx.ModelProto;
import onnx.Onnx.OperatorSetIdProto;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * An encoder as an ONNX model, all patches visible.
 *
 * <p>Input {@code pixel_values} [batch, channels, size, size], normalised. Outputs {@code
 * last_hidden_state} [batch, L + 1, D], the tokens after the final norm; {@code cls} [batch, D],
 * the class token; and {@code mean} [batch, D], the mean of the others.
 */
final class OnnxEncoder {

  /** The model's file. */
  static final String FILE = "model.onnx";

  /** The tensors' file, where they are too long for a Protocol Buffer that is built in memory. */
  static final String DATA = "model.onnx.data";

  private static final long INLINE = 1L << 29; // bytes
  private static final int OPSET = 17; // the first with LayerNormalization
  private static final int IR_VERSION = 8;

  private final MaeConfig config;
  private final Map<String, INDArray> weights;
  private final OnnxGraph graph;

  private OnnxEncoder(MaeConfig config, Map<String, INDArray> weights, String dataFile) {
    this.config = config;
    this.weights = weights;
    this.graph = new OnnxGraph("encoder", dataFile);
  }

  /** Writes the model, and its tensors beside it if they are long. */
  static List<StoredFile> write(
      MaeConfig config, Map<String, INDArray> weights, ExportLayout.Sink sink) throws IOException {
    return write(config, weights, sink, INLINE);
  }

  static List<StoredFile> write(
      MaeConfig config, Map<String, INDArray> weights, ExportLayout.Sink sink, long inline)
      throws IOException {
    long bytes = weights.values().stream().mapToLong(INDArray::length).sum() * Float.BYTES;
    OnnxEncoder encoder = new OnnxEncoder(config, weights, bytes > inline ? DATA : null);
    ModelProto model = encoder.model();
    List<StoredFile> files = new ArrayList<>();
    files.add(sink.file(FILE, model::writeTo));
    if (bytes > inline) {
      files.add(sink.file(DATA, encoder.graph.data()));
    }
    return files;
  }

  private ModelProto model() throws IOException {
    int dim = config.encoder().embedDim();
    graph.input("pixel_values", config.channels(), config.imageSize(), config.imageSize());
    String x = embedding();
    for (int block = 0; block < config.encoder().depth(); block++) {
      x = block(x, "blocks." + block);
    }
    String tokens = norm("last_hidden_state", x, "norm");
    graph.output(tokens, config.tokens() + 1L, dim);
    pool(tokens, dim);
    return ModelProto.newBuilder()
        .setIrVersion(IR_VERSION)
        .setProducerName("spark-mae")
        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPSET))
        .setGraph(graph.build())
        .build();
  }

  /** Adds the outputs of one vector an image: the class token, and the mean of the patches. */
  private void pool(String tokens, int dim) {
    graph.named("cls", "Gather", List.of(tokens, graph.scalar(0L)), attribute("axis", 1L));
    graph.output("cls", dim);
    String patches =
        graph.node(
            "Slice",
            List.of(
                tokens,
                graph.constant(1),
                graph.constant(config.tokens() + 1L),
                graph.constant(1)));
    graph.named("mean", "ReduceMean", List.of(patches), list("axes", 1), attribute("keepdims", 0L));
    graph.output("mean", dim);
  }

  private String embedding() throws IOException {
    long dim = config.encoder().embedDim();
    long patch = config.patchSize();
    String embedded =
        graph.node(
            "Conv",
            List.of(
                "pixel_values", weight("patch_embed.proj.weight"), weight("patch_embed.proj.bias")),
            list("kernel_shape", patch, patch),
            list("strides", patch, patch));
    String columns =
        graph.node("Reshape", List.of(embedded, graph.constant(0, dim, config.tokens())));
    String patches = graph.node("Transpose", List.of(columns), list("perm", 0, 2, 1)); // [N, L, D]
    String batch =
        graph.node(
            "Shape", List.of("pixel_values"), attribute("start", 0L), attribute("end", 1)); // [1]
    String shape =
        graph.node("Concat", List.of(batch, graph.constant(1, dim)), attribute("axis", 0L));
    String classToken = graph.node("Expand", List.of(weight("cls_token"), shape));
    String tokens = graph.node("Concat", List.of(classToken, patches), attribute("axis", 1L));
    return graph.node("Add", List.of(tokens, weight("pos_embed")));
  }

  private String block(String x, String name) throws IOException {
    String attended = attention(norm(null, x, name + ".norm1"), name + ".attn");
    String y = graph.node("Add", List.of(x, attended));
    String hidden = gelu(linear(norm(null, y, name + ".norm2"), name + ".mlp.fc1"));
    return graph.node("Add", List.of(y, linear(hidden, name + ".mlp.fc2")));
  }

  private String attention(String x, String name) throws IOException {
    Tower tower = config.encoder();
    long tokens = config.tokens() + 1L;
    String qkv =
        graph.node(
            "Reshape",
            List.of(
                linear(x, name + ".qkv"),
                graph.constant(0, tokens, 3, tower.numHeads(), tower.headDim())));
    String parts = // [3, N, heads, T, W]
        graph.node("Transpose", List.of(qkv), list("perm", 2, 0, 3, 1, 4));
    String keys = graph.node("Transpose", List.of(part(parts, 1)), list("perm", 0, 1, 3, 2));
    String scores = graph.node("MatMul", List.of(part(parts, 0), keys));
    String scaled =
        graph.node("Mul", List.of(scores, graph.scalar(1 / Math.sqrt(tower.headDim()))));
    String shares = graph.node("Softmax", List.of(scaled), attribute("axis", -1L));
    String heads = graph.node("MatMul", List.of(shares, part(parts, 2)));
    String joined = graph.node("Transpose", List.of(heads), list("perm", 0, 2, 1, 3));
    String rows =
        graph.node("Reshape", List.of(joined, graph.constant(0, tokens, tower.embedDim())));
    return linear(rows, name + ".proj");
  }

  private String part(String parts, long number) {
    return graph.node("Gather", List.of(parts, graph.scalar(number)), attribute("axis", 0L));
  }

  private String gelu(String x) {
    String erf =
        graph.node("Erf", List.of(graph.node("Mul", List.of(x, graph.scalar(Math.sqrt(0.5))))));
    String share = graph.node("Add", List.of(erf, graph.scalar(1.0)));
    return graph.node("Mul", List.of(graph.node("Mul", List.of(x, graph.scalar(0.5))), share));
  }

  private String norm(String output, String x, String name) throws IOException {
    List<String> inputs = List.of(x, weight(name + ".weight"), weight(name + ".bias"));
    var axis = attribute("axis", -1L);
    var epsilon = attribute("epsilon", (float) config.layerNormEps());
    return output == null
        ? graph.node("LayerNormalization", inputs, axis, epsilon)
        : graph.named(output, "LayerNormalization", inputs, axis, epsilon);
  }

  private String linear(String x, String name) throws IOException {
    String weight = // runtimes fold this once, when they load the model
        graph.node("Transpose", List.of(weight(name + ".weight")), list("perm", 1, 0));
    return graph.node(
        "Add", List.of(graph.node("MatMul", List.of(x, weight)), weight(name + ".bias")));
  }

  private String weight(String name) throws IOException {
    return graph.weight(name, weights.get(name));
  }
}
