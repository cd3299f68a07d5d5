package io.sparkmae.job.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PaperRecipeTest {

  @ParameterizedTest
  @CsvSource({"1281167, 16384, 78", "5000, 64, 78", "50000, 641, 78", "100, 64, 1", "10, 10, 1"})
  void smallSetsHaveSmallBatches(long rows, int batch, int steps) {
    PaperRecipe usual = new PaperRecipe(90, 10, 0.1, 0, 0.08, 0);
    assertThat(usual.batchOf(rows)).isEqualTo(batch);
    assertThat(usual.stepsOf(rows)).isEqualTo(steps);
    assertThat(new PaperRecipe(90, 10, 0.1, 4096, 0.08, 0).batchOf(50_000)).isEqualTo(4096);
  }

  @Test
  void badSettingsAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PaperRecipe(0, 0, 0.1, 0, 0.08, 0))
        .withMessage("Invalid epochs: 0 (must be at least 1)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PaperRecipe(5, 10, 0.1, 0, 0.08, 0))
        .withMessage("Invalid warmup-epochs: 10.0 (must be in [0, 5], the epochs)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PaperRecipe(5, 1, Double.NaN, 0, 0.08, 0))
        .withMessageStartingWith("Invalid base-lr: NaN");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PaperRecipe(5, 1, 0.1, 1, 0.08, 0))
        .withMessageStartingWith("Invalid head-batch-size: 1 (must be at least 2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PaperRecipe(5, 1, 0.1, 0, 0, 0))
        .withMessage("Invalid crop-scale-min: 0.0 (must be in (0, 1])");
  }
}
