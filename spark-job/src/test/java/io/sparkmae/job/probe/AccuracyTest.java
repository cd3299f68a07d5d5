package io.sparkmae.job.probe;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AccuracyTest {

  @Test
  void rankCountsTheClassesBefore() {
    double[] scores = {0.1, 0.5, 0.5, 0.3};
    assertThat(Accuracy.rank(scores, 1)).isZero();
    assertThat(Accuracy.rank(scores, 2)).isEqualTo(1);
    assertThat(Accuracy.rank(scores, 0)).isEqualTo(3);
  }

  @Test
  void classThatTrainingHasNotSeenIsLast() {
    assertThat(Accuracy.rank(new double[] {1, 0}, 2)).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void aScoreThatIsNoNumberIsLast() {
    assertThat(Accuracy.rank(new double[] {Double.NaN, Double.NaN}, 0))
        .isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void theFirstOfEqualScoresIsPredicted() {
    assertThat(Accuracy.judge(new double[] {0.1, 0.5, 0.5}, 2)).containsExactly(2, 1, 1);
    assertThat(Accuracy.judge(new double[] {0.1, 0.5, 0.4}, 1)).containsExactly(1, 1, 0);
  }
}
