package io.sparkmae.data.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import io.sparkmae.data.PatchBatch;
import io.sparkmae.data.image.BadData;
import io.sparkmae.data.image.Box;
import io.sparkmae.data.image.SampleSeed;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Targets and pixels of mixed batches. */
class MixingTest {

  private static final int PATCH = 4;
  private static final int TOKENS = 16;
  private static final int LENGTH = PATCH * PATCH * 3;

  /** Images of 16 pixels, each of one value, labelled 0, 1, 2, … */
  private static PatchBatch batch(int images, long seed) {
    byte[] patches = new byte[images * TOKENS * LENGTH];
    String[] keys = new String[images];
    int[] labels = new int[images];
    for (int i = 0; i < images; i++) {
      Arrays.fill(patches, i * TOKENS * LENGTH, (i + 1) * TOKENS * LENGTH, (byte) (40 * i));
      keys[i] = "image " + i;
      labels[i] = i;
    }
    long[] seeds = new Random(seed).longs(images).toArray();
    return new PatchBatch(patches, TOKENS, LENGTH, keys, seeds, labels);
  }

  @Test
  void targetsAreAsTimmMakesThem() {
    // 0.3 of class 4, 0.7 of class 1, smoothing 0.1 over 6 classes
    float[][] targets = new Mixing(0.8, 1, 0.1, 6).targets(new int[] {4, 1}, 0.3);
    float off = 0.1f / 6;
    assertThat(targets[0])
        .usingElementComparator((a, b) -> Math.abs(a - b) < 1e-6 ? 0 : 1)
        .containsExactly(off, 0.63f + off, off, off, 0.27f + off, off);
    assertThat(targets[1][4]).isCloseTo(0.63f + off, within(1e-6f));
  }

  @Test
  void withoutMixingAnImageHasItsOwnClass() {
    PatchBatch batch = batch(3, 1);
    byte[] before = batch.patches().clone();
    float[][] targets = new Mixing(0, 0, 0, 3).apply(batch, PATCH);
    assertThat(targets).isDeepEqualTo(new float[][] {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}});
    assertThat(batch.patches()).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource({"0.8, 0", "0, 1", "0.8, 1"})
  void pixelsAndTargetsHaveTheSameShare(double mixup, double cutmix) {
    for (long seed = 0; seed < 100; seed++) {
      PatchBatch batch = batch(5, seed);
      float[][] targets = new Mixing(mixup, cutmix, 0, 5).apply(batch, PATCH);
      for (int i = 0; i < 5; i++) {
        double mean = 0; // of the image's pixels, which were 40 · label
        for (int k = 0; k < TOKENS * LENGTH; k++) {
          mean += (batch.patches()[i * TOKENS * LENGTH + k] & 0xff) / (double) (TOKENS * LENGTH);
        }
        double wanted = 0;
        double sum = 0;
        for (int c = 0; c < 5; c++) {
          wanted += targets[i][c] * 40 * c;
          sum += targets[i][c];
        }
        assertThat(mean).isCloseTo(wanted, within(0.51));
        assertThat(sum).isCloseTo(1, within(1e-6));
      }
    }
  }

  @Test
  void theSameSeedsGiveTheSameBytes() {
    PatchBatch one = batch(6, 3);
    PatchBatch two = batch(6, 3);
    Mixing mixing = new Mixing(0.8, 1, 0.1, 6);
    assertThat(mixing.apply(one, PATCH)).isDeepEqualTo(mixing.apply(two, PATCH));
    assertThat(one.patches()).isEqualTo(two.patches());
  }

  @Test
  void boxesAreCutOffAtTheBorders() {
    assertThat(Mixing.box(32, 0.75, 16, 16)).isEqualTo(new Box(8, 8, 16, 16));
    assertThat(Mixing.box(32, 0.75, 0, 31)).isEqualTo(new Box(23, 0, 9, 8));
    assertThat(Mixing.box(32, 1, 5, 5).width()).isZero();
    assertThat(Mixing.box(31, 0, 15, 15)).isEqualTo(new Box(0, 0, 31, 31));
  }

  @ParameterizedTest
  @CsvSource({"1, 0.0833", "0.8, 0.0962", "0.2, 0.1786"})
  void sharesAreOfTheBetaDistribution(double alpha, double variance) {
    SampleSeed.Draws draws = SampleSeed.stream(1, SampleSeed.MIX);
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < 20_000; i++) {
      double share = Mixing.beta(alpha, draws);
      sum += share;
      squares += share * share;
    }
    double mean = sum / 20_000;
    assertThat(mean).isCloseTo(0.5, within(0.01));
    assertThat(squares / 20_000 - mean * mean).isCloseTo(variance, within(0.003));
  }

  @Test
  void anImageWithoutAClassIsNamed() {
    PatchBatch batch = batch(3, 1);
    assertThatExceptionOfType(BadData.class)
        .isThrownBy(() -> new Mixing(0, 0, 0, 2).apply(batch, PATCH))
        .withMessageContaining("Cannot train a classifier on image 2: its label is 2");
  }
}
