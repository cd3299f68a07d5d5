package io.sparkmae.job.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sparkmae.model.MaeBatch;
import io.sparkmae.model.MaeConfig;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.Tower;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.learning.config.Sgd;

class StepTest {

  private static final MaeConfig MODEL =
      MaeConfig.preset("mae_vit_tiny_patch16")
          .withGeometry(32, 8, 3)
          .withTowers(new Tower(12, 1, 3), new Tower(12, 1, 3));

  @Test
  void aMinibatchInPartsIsTheMinibatchAtOnce() {
    MaeGraph whole = graph();
    MaeGraph parts = graph();
    for (int step = 0; step < 2; step++) {
      double lossOfWhole = Step.fit(whole, minibatch(step), 1);
      double lossOfParts = Step.fit(parts, minibatch(step), 3); // of 2, 2 and 3 images
      assertThat(lossOfParts).isCloseTo(lossOfWhole, within(1e-6));
    }
    assertThat(parts.getIterationCount()).isEqualTo(2);
    assertThat(whole.params().sub(parts.params()).amaxNumber().doubleValue()).isLessThan(1e-6);
    assertThat(whole.params().sub(graph().params()).amaxNumber().doubleValue()).isGreaterThan(1e-3);
  }

  private static MaeGraph graph() {
    return MaeGraph.create(MODEL, new Sgd(0.5), 0.05, 1);
  }

  private static MultiDataSet minibatch(int number) {
    byte[] patches = new byte[7 * MODEL.tokens() * 8 * 8 * 3];
    long[] seeds = new long[7];
    for (int i = 0; i < patches.length; i++) {
      patches[i] = (byte) (i * 31 * (number + 1) + i / 7);
    }
    for (int i = 0; i < seeds.length; i++) {
      seeds[i] = 100L * number + i;
    }
    return MaeBatch.of(MODEL, patches, seeds);
  }
}
