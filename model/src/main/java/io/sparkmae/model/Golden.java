package io.sparkmae.model;

import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import io.sparkmae.model.config.DecoderAttention;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.MaskSampling;
import io.sparkmae.model.config.Tower;
import io.sparkmae.model.file.Safetensors;
import io.sparkmae.model.masking.Masking;
import io.sparkmae.model.optimiser.AdamW;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.schedule.FixedSchedule;

/** A file of numbers that the reference computed, and comparisons with it. */
record Golden(Safetensors file) {

  INDArray get(String name) {
    INDArray tensor = file.tensors().get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("Not a golden file: it has no tensor " + name);
    }
    return tensor;
  }

  DataType type() {
    return get("imgs").dataType();
  }

  MaeConfig config() {
    return new MaeConfig(
        integer("img_size"),
        integer("patch_size"),
        integer("in_chans"),
        new Tower(integer("embed_dim"), integer("depth"), integer("num_heads")),
        new Tower(
            integer("decoder_embed_dim"), integer("decoder_depth"), integer("decoder_num_heads")),
        real("mlp_ratio"),
        real("layer_norm_eps"),
        real("mask_ratio"),
        Boolean.parseBoolean(text("norm_pix_loss")),
        decoderAttention(),
        Double.parseDouble(file.metadata().getOrDefault("predict_ratio", "0")),
        MaskSampling.RANDOM,
        false);
  }

  private DecoderAttention decoderAttention() {
    return file.metadata().getOrDefault("decoder_attention", "self").equals("cross")
        ? DecoderAttention.CROSS
        : DecoderAttention.SELF;
  }

  /** Returns a graph with the file's parameters and optimiser, in the file's precision. */
  MaeGraph graph() {
    AdamW adamW =
        new AdamW(new FixedSchedule(real("lr")), real("beta1"), real("beta2"), real("adam_eps"));
    MaeGraph graph = MaeGraph.uninitialised(config(), adamW, real("weight_decay"), type());
    MaeWeights.load(graph, withPrefix("param."));
    return graph;
  }

  /** Returns the file's batch, with masks drawn from the file's noise. */
  MultiDataSet batch() {
    INDArray noise = get("noise");
    Masking[] maskings =
        IntStream.range(0, noise.rows())
            .mapToObj(
                row -> Masking.ofNoise(noise.getRow(row).toDoubleVector(), config().numKeep()))
            .toArray(Masking[]::new);
    return MaeBatch.of(get("patches"), maskings);
  }

  /** Returns the largest absolute difference between an entry of {@code actual} and the file's. */
  double largest(String prefix, Map<String, INDArray> actual) {
    return actual.entrySet().stream()
        .mapToDouble(e -> difference(prefix, e.getKey(), e.getValue()).amaxNumber().doubleValue())
        .max()
        .orElse(Double.NaN);
  }

  /**
   * Returns the largest difference between an entry of {@code actual} and the file's, relative to
   * the largest entry of the file's tensor.
   */
  double largestRelative(String prefix, Map<String, INDArray> actual) {
    return actual.entrySet().stream()
        .mapToDouble(
            e ->
                difference(prefix, e.getKey(), e.getValue()).amaxNumber().doubleValue()
                    / withoutKeyBias(e.getKey(), get(prefix + e.getKey()))
                        .amaxNumber()
                        .doubleValue())
        .max()
        .orElse(Double.NaN);
  }

  /** Returns the share of all entries that differ from the file's by more than {@code limit}. */
  double shareBeyond(String prefix, Map<String, INDArray> actual, double limit) {
    long beyond = 0;
    long entries = 0;
    for (Map.Entry<String, INDArray> e : actual.entrySet()) {
      INDArray difference = Nd4j.math().abs(difference(prefix, e.getKey(), e.getValue()));
      beyond += difference.gt(limit).castTo(DataType.INT64).sumNumber().longValue();
      entries += difference.length();
    }
    return (double) beyond / entries;
  }

  private INDArray difference(String prefix, String name, INDArray actual) {
    return withoutKeyBias(name, actual).sub(withoutKeyBias(name, get(prefix + name)));
  }

  /**
   * Returns a flat copy of a tensor, without the keys' part if it is a bias of keys. Softmax does
   * not depend on that part: its true gradient is 0, but the computed one is rounding noise, which
   * Adam scales up to whole steps.
   */
  static INDArray withoutKeyBias(String name, INDArray tensor) {
    INDArray flat = tensor.dup('c').reshape(tensor.length());
    if (name.endsWith(".kv.bias")) {
      return flat.get(interval(flat.length() / 2, flat.length()));
    }
    if (!name.endsWith("attn.qkv.bias")) {
      return flat;
    }
    long dim = flat.length() / 3;
    return Nd4j.concat(0, flat.get(interval(0, dim)), flat.get(interval(2 * dim, 3 * dim)));
  }

  private Map<String, INDArray> withPrefix(String prefix) {
    Map<String, INDArray> found = new LinkedHashMap<>();
    file.tensors()
        .forEach(
            (name, tensor) -> {
              if (name.startsWith(prefix)) {
                found.put(name.substring(prefix.length()), tensor);
              }
            });
    return found;
  }

  private String text(String key) {
    String value = file.metadata().get(key);
    if (value == null) {
      throw new IllegalArgumentException("Not a golden file: its metadata has no " + key);
    }
    return value;
  }

  private int integer(String key) {
    return Integer.parseInt(text(key));
  }

  private double real(String key) {
    return Double.parseDouble(text(key));
  }
}
