package io.sparkmae.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.device.HostVector;
import io.sparkmae.model.optimiser.AdamW;
import io.sparkmae.model.optimiser.WarmupCosine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** The largest preset: its parameters and gradients are 2.6 GB each, its moments 5.3 GB. */
class VitHugeIT {

  private static final MaeConfig HUGE = MaeConfig.preset("mae_vit_huge_patch14");
  private static final int TAIL = 1000;

  private static void need(int gibibytes) throws IOException {
    String available =
        Files.readAllLines(Path.of("/proc/meminfo")).stream()
            .filter(line -> line.startsWith("MemAvailable"))
            .findFirst()
            .orElseThrow();
    long kibibytes = Long.parseLong(available.replaceAll("\\D", ""));
    assumeTrue(kibibytes >> 20 >= gibibytes, gibibytes + " GiB of memory are not free");
  }

  private static MaeGraph graph() {
    return MaeGraph.create(HUGE, AdamW.of(new WarmupCosine(1e-3, 0, 0, 100)), 0, 3);
  }

  @Test
  void everyParameterIsWhereItsSlotSays() throws IOException {
    need(4);
    MaeGraph graph = graph();
    INDArray flat = graph.params();
    assertThat(flat.length()).isEqualTo(656_613_964);
    Map<String, INDArray> views = graph.parameters();
    FlatParameters.slots(graph)
        .forEach(
            (name, slot) -> {
              INDArray view = views.get(name);
              long last = slot.offset() + view.length() - 1;
              HostVector.view(flat, last, 1).put(0, last);
              long[] end = Arrays.stream(view.shape()).map(size -> size - 1).toArray();
              assertThat(view.getFloat(end)).as(name).isEqualTo(last);
            });
    flat.close();
  }

  @Test
  void aClippedStepWithoutDecayReachesTheEndOfTheVectors() throws IOException {
    need(14);
    assumeTrue(EngineTest.runs(Engine.ONEDNN, Precision.FP32));
    MaeGraph graph = graph();
    graph.use(Engine.ONEDNN, Precision.FP32);
    graph.clipGradientNorm(0.01);
    INDArray params = graph.params();
    float[] before = tail(params);
    graph.fit(batch());
    float[] after = tail(params);
    for (int i = 0; i < TAIL; i++) {
      assertThat(after[i]).isNotEqualTo(before[i]);
    }
    double norm = norm(graph.getGradientsViewArray());
    assertThat(graph.engine().gradientNorm()).isCloseTo(norm, within(1e-6 * norm));
    INDArray moments = graph.getUpdater().getStateViewArray(); // the first ones are 0.1 · gradient
    assertThat(norm(moments, params.length())).isCloseTo(0.001, within(1e-9));
    graph.closeEngine();
    for (INDArray vector : new INDArray[] {params, graph.getGradientsViewArray(), moments}) {
      vector.close();
    }
  }

  private static MultiDataSet batch() {
    byte[] patches = new byte[HUGE.tokens() * HUGE.patchLength()];
    new Random(1).nextBytes(patches);
    return MaeBatch.of(HUGE, patches, new long[] {5});
  }

  private static float[] tail(INDArray vector) {
    float[] tail = new float[TAIL];
    HostVector.view(vector, vector.length() - TAIL, TAIL).get(tail);
    return tail;
  }

  private static double norm(INDArray vector) {
    return norm(vector, vector.length());
  }

  /** Of the first {@code length} numbers. */
  private static double norm(INDArray vector, long length) {
    float[] numbers = new float[1 << 20];
    double squares = 0;
    for (long from = 0; from < length; from += numbers.length) {
      int count = (int) Math.min(numbers.length, length - from);
      HostVector.view(vector, from, count).get(numbers, 0, count);
      for (int i = 0; i < count; i++) {
        squares += (double) numbers[i] * numbers[i];
      }
    }
    return Math.sqrt(squares);
  }
}
