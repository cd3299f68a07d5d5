package io.sparkmae.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sparkmae.data.image.SampleSeed.Draws;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SampleSeedTest {
  /** Changing these numbers changes every crop and mask of every run. */
  @Test
  void staysWhatItIs() {
    assertThat(SampleSeed.of(1, 2, "n01440764/x.jpg", 3)).isEqualTo(8121341430923167995L);
    assertThat(SampleSeed.stream(42, SampleSeed.CROP).bits()).isEqualTo(-7450291807549245335L);
    Draws flip = SampleSeed.stream(42, SampleSeed.FLIP);
    flip.bits();
    assertThat(flip.bits()).isEqualTo(6457831781006907122L);
  }

  @Test
  void eachPartOfTheKeyCounts() {
    Set<Long> seeds = new HashSet<>();
    for (int seed = 0; seed < 3; seed++) {
      for (int epoch = -1; epoch < 3; epoch++) {
        for (String key : new String[] {"", "a", "b", "ab"}) {
          for (int repeat = 0; repeat < 3; repeat++) {
            seeds.add(SampleSeed.of(seed, epoch, key, repeat));
          }
        }
      }
    }
    assertThat(seeds).hasSize(3 * 4 * 4 * 3);
  }

  @Test
  void streamsDiffer() {
    long crop = SampleSeed.stream(7, SampleSeed.CROP).bits();
    assertThat(SampleSeed.stream(7, SampleSeed.FLIP).bits()).isNotEqualTo(crop);
  }

  @Test
  void drawsAreUniform() {
    Draws draws = SampleSeed.stream(7, 5);
    int[] counts = new int[10];
    double sum = 0;
    for (int i = 0; i < 100_000; i++) {
      double u = draws.uniform();
      assertThat(u).isGreaterThanOrEqualTo(0).isLessThan(1);
      sum += u;
      counts[draws.below(10)]++;
    }
    assertThat(sum / 100_000).isCloseTo(0.5, within(0.005));
    for (int count : counts) {
      assertThat(count).isCloseTo(10_000, within(400));
    }
  }
}
