package io.sparkmae.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.model.classify.ClassifierBatch;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Pooling;
import io.sparkmae.model.config.Tower;
import io.sparkmae.model.file.Safetensors;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/** A file of a classifier's numbers that another library computed, and comparisons with it. */
record ClassifierGolden(MaeConfig encoder, Map<String, INDArray> tensors) {

  static final int CLASSES = 6;
  private static final MaeConfig OF_MAP =
      new MaeConfig(16, 4, 3, new Tower(16, 2, 2), new Tower(16, 1, 2), 4, 1e-6, 0.75, false);

  static ClassifierGolden of(Pooling pooling) {
    return switch (pooling) {
      case CLS -> of("vit_cls_dev");
      case MEAN -> of("vit_gap_dev");
      case ATTENTION -> of("vit_map");
    };
  }

  static ClassifierGolden of(String name) {
    try (InputStream in = ClassifierGolden.class.getResourceAsStream(name + ".safetensors")) {
      return new ClassifierGolden(
          name.equals("vit_map") ? OF_MAP : EngineTest.TINY, Safetensors.read(in).tensors());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  INDArray get(String name) {
    return tensors.get(name);
  }

  Map<String, INDArray> parameters() {
    return withPrefix("param.");
  }

  private Map<String, INDArray> withPrefix(String prefix) {
    Map<String, INDArray> found = new LinkedHashMap<>();
    tensors.forEach(
        (name, tensor) -> {
          if (name.startsWith(prefix)) {
            found.put(name.substring(prefix.length()), tensor);
          }
        });
    return found;
  }

  /** The file's images [N, 3, H, W] as patches [N, L, P]. */
  INDArray patches() {
    INDArray images = get("imgs");
    int grid = encoder.gridSize();
    int patch = encoder.patchSize();
    return images
        .reshape(images.size(0), 3, grid, patch, grid, patch)
        .permute(0, 2, 4, 3, 5, 1)
        .dup('c')
        .reshape(images.size(0), encoder.tokens(), encoder.patchLength());
  }

  /** The file's images with its labels, no path dropped. */
  MultiDataSet batch() {
    INDArray labels = get("labels");
    INDArray targets = Nd4j.zeros(DataType.FLOAT, labels.length(), CLASSES);
    for (long n = 0; n < labels.length(); n++) {
      targets.putScalar(n, labels.getLong(n), 1);
    }
    return ClassifierBatch.of(patches(), Nd4j.ones(DataType.FLOAT, labels.length(), 4), targets);
  }

  void requireGradients(ClassifierGraph graph, double limit) {
    assertThat(graph.gradients()).hasSameSizeAs(withPrefix("grad."));
    graph.gradients().forEach((name, got) -> requireNear("grad.", name, got, limit));
  }

  /** Requires that a tensor is near the file's, relative to the largest entry of that. */
  void requireNear(String prefix, String name, INDArray got, double limit) {
    INDArray wanted = Golden.withoutKeyBias(name, get(prefix + name));
    assertThat(Conformance.relative(Golden.withoutKeyBias(name, got), wanted))
        .as(name)
        .isLessThan(limit);
  }
}
