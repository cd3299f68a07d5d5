package io.sparkmae.model.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.model.MaeBatch;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.ReferenceNames;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.optimiser.AdamW;
import java.util.Map;
import java.util.stream.LongStream;
import org.assertj.core.data.Percentage;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.schedule.FixedSchedule;

class FootprintTest {

  private static final MaeConfig TINY = MaeConfig.preset("mae_vit_tiny_patch16");

  @ParameterizedTest
  @CsvSource({
    "mae_vit_tiny_patch16,4,FP32,false",
    "mae_vit_tiny_patch16,9,BF16,true",
    "mae_vit_small_patch16,2,FP32,true"
  })
  void thePlanOnPaperTakesWhatTheStepTakes(
      String model, int batch, Precision precision, boolean normPixLoss) {
    MaeConfig config = MaeConfig.preset(model).withTask(0.75, normPixLoss);
    MaeGraph graph = MaeGraph.create(config, AdamW.of(new FixedSchedule(1e-4)), 0.05, 0);
    graph.use(Engine.ONEDNN, precision);
    byte[] pixels = new byte[batch * config.tokens() * config.patchLength()];
    MultiDataSet images = MaeBatch.of(config, pixels, LongStream.range(0, batch).toArray());
    graph.getUpdater(); // its moments are no part of the step
    long before = Pointer.totalBytes();
    graph.engine().step(images.getLabels(0), images.getFeatures(0));
    long taken = Pointer.totalBytes() - before;
    graph.closeEngine();
    Footprint planned = of(Engine.ONEDNN, config, batch, precision);
    assertThat(planned.parameters()).isEqualTo(graph.numParams());
    assertThat((double) planned.workspace() + planned.inputs())
        .isCloseTo(taken, Percentage.withPercentage(2));
  }

  @Test
  void itGrowsWithTheBatchAlone() {
    long one = of(Engine.ONEDNN, TINY, 1, Precision.FP32).workspace();
    long nine = of(Engine.ONEDNN, TINY, 9, Precision.FP32).workspace();
    long seventeen = of(Engine.ONEDNN, TINY, 17, Precision.FP32).workspace();
    assertThat(seventeen - nine).isCloseTo(nine - one, Percentage.withPercentage(5));
  }

  @Test
  void anyBatchIsPlanned() {
    long at256 = of(Engine.CUDA, TINY, 256, Precision.BF16).workspace();
    long at257 = of(Engine.CUDA, TINY, 257, Precision.BF16).workspace();
    assertThat(at257 - at256).isBetween(at256 / 300, at256 / 250);
    assertThat(of(Engine.CUDA, TINY, 1_000_000, Precision.BF16).workspace())
        .isGreaterThan(3000 * at256);
  }

  @Test
  void aGpuIsPlannedWithoutOne() {
    Footprint fp32 = of(Engine.CUDA, TINY, 64, Precision.FP32);
    Footprint bf16 = of(Engine.CUDA, TINY, 64, Precision.BF16);
    assertThat(bf16.parameters()).isEqualTo(fp32.parameters());
    assertThat(bf16.workspace()).isBetween(fp32.workspace() / 4, fp32.workspace() * 3 / 4);
  }

  private static Footprint of(Engine engine, MaeConfig config, int batch, Precision precision) {
    Map<String, long[]> shapes = ReferenceNames.all(config);
    shapes.keySet().removeIf(ReferenceNames::isFixed);
    return Footprint.of(engine, config, batch, precision, Engines.threads(), shapes);
  }
}
