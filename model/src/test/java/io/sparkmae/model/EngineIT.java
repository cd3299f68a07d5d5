package io.sparkmae.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Precision;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.ops.transforms.Transforms;

/** The engine at full size, and over many steps. */
class EngineIT {

  private static final MaeConfig BASE = MaeConfig.preset("mae_vit_base_patch16");

  private record Result(double loss, Map<String, INDArray> gradients) {}

  private static Result gradients(Engine engine, Precision precision, MultiDataSet batch) {
    MaeGraph graph = MaeGraph.create(BASE, new NoOp(), 0, 3);
    graph.use(engine, precision);
    double loss = graph.lossAndGradients(batch);
    Map<String, INDArray> gradients = new LinkedHashMap<>();
    graph.gradients().forEach((name, view) -> gradients.put(name, view.dup('c')));
    graph.closeEngine();
    return new Result(loss, gradients);
  }

  @ParameterizedTest
  @EnumSource(names = {"ONEDNN", "CUDA"})
  void agreesWithTheGraphOnVitBaseAndBf16StaysClose(Engine fast) {
    assumeTrue(EngineTest.runs(fast, Precision.FP32));
    MultiDataSet batch = EngineTest.batch(BASE, 2, 0);
    Result engine = gradients(fast, Precision.FP32, batch);
    Result graph = gradients(Engine.GRAPH, Precision.FP32, batch);
    assertThat(engine.loss()).isCloseTo(graph.loss(), within(2e-6 * graph.loss()));
    graph.gradients().forEach((name, expected) -> assertClose(name, expected, engine));
    graph.gradients().clear();

    assumeTrue(EngineTest.runs(fast, Precision.BF16));
    Result bf16 = gradients(fast, Precision.BF16, batch);
    assertThat(bf16.loss()).isCloseTo(engine.loss(), within(0.01 * engine.loss()));
    engine
        .gradients()
        .forEach(
            (name, expected) ->
                assertThat(
                        Transforms.cosineSim(
                            comparable(name, expected),
                            comparable(name, bf16.gradients().get(name))))
                    .as(name)
                    .isGreaterThanOrEqualTo(0.999));
  }

  private static void assertClose(String name, INDArray expected, Result engine) {
    INDArray difference =
        comparable(name, expected).sub(comparable(name, engine.gradients().get(name)));
    double relative =
        difference.amaxNumber().doubleValue()
            / comparable(name, expected).amaxNumber().doubleValue();
    assertThat(relative).as(name).isLessThan(2e-5);
  }

  /** The true gradient of the key third of a qkv bias is 0: what is computed is rounding. */
  private static INDArray comparable(String name, INDArray tensor) {
    return Golden.withoutKeyBias(name, tensor);
  }

  /** In a process with a small heap, whose growth would hide a leak. */
  @Test
  void tenThousandStepsLeaveMemoryFlat() throws Exception {
    String classes =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    Process steps =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx96m",
                "-Dorg.bytedeco.javacpp.maxbytes=0",
                "-Dorg.bytedeco.javacpp.maxphysicalbytes=0",
                "-cp",
                classes,
                EngineIT.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String out = new String(steps.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(steps.waitFor()).isZero();
    String[] kib = out.strip().substring(out.strip().lastIndexOf('\n') + 1).split(" ");
    long warm = Long.parseLong(kib[0]);
    assertThat(Long.parseLong(kib[1]))
        .isLessThan(warm + (16 << 10)); // Java's compiler goes on for a while
  }

  /** Trains 20,000 steps; prints resident KiB after 10,000 and at the end. */
  public static void main(String[] args) throws IOException {
    MaeGraph graph =
        EngineTest.graph(EngineTest.TINY, EngineTest.adamW(), Engine.ONEDNN, Precision.FP32);
    MultiDataSet[] batches = new MultiDataSet[8];
    for (int i = 0; i < batches.length; i++) {
      batches[i] = EngineTest.batch(EngineTest.TINY, 4, i);
    }
    long warm = 0;
    for (int step = 1; step <= 20_000; step++) {
      graph.fit(batches[step % batches.length]);
      if (step == 10_000) {
        warm = residentKib();
      }
    }
    graph.closeEngine();
    System.out.println(warm + " " + residentKib());
  }

  @Test
  void closingGivesMemoryBack() throws IOException {
    for (int engine = 0; engine < 3; engine++) {
      MaeGraph graph = MaeGraph.create(EngineTest.TINY, new NoOp(), 0, 0);
      long before = org.bytedeco.javacpp.Pointer.totalBytes();
      graph.use(Engine.ONEDNN, Precision.FP32);
      graph.lossAndGradients(EngineTest.batch(EngineTest.TINY, 64, 0));
      long used = org.bytedeco.javacpp.Pointer.totalBytes() - before;
      assertThat(used).isGreaterThan(10 << 20);
      graph.closeEngine();
      assertThat(org.bytedeco.javacpp.Pointer.totalBytes() - before).isLessThan(used / 4);
    }
  }

  private static long residentKib() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException("No VmRSS");
  }
}
