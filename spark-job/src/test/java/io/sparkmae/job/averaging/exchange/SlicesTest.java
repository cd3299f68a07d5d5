package io.sparkmae.job.averaging.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.job.averaging.exchange.Slices.Slice;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SlicesTest {

  @ParameterizedTest
  @CsvSource({"1, 0", "4194296, 8388592", "4194297, 3", "330000000, 660000000"})
  void everyNumberIsInOneSlice(long params, long moments) {
    Slices slices = new Slices(params, moments);
    List<Slice> all = slices.averaged(true);
    assertThat(all).hasSize(slices.count());
    long next = 0;
    for (Slice slice : all) {
      boolean firstOfMoments = slice.index() == slices.paramSlices();
      assertThat(slice.from()).isEqualTo(firstOfMoments ? 0 : next);
      assertThat(slice.length()).isBetween(1, Slices.LENGTH);
      assertThat(slice.ofParams()).isEqualTo(slice.index() < slices.paramSlices());
      next = slice.from() + slice.length();
    }
    assertThat(sum(slices.averaged(false))).isEqualTo(params);
    assertThat(sum(slices.ofMoments())).isEqualTo(moments);
  }

  private static long sum(List<Slice> slices) {
    return slices.stream().mapToLong(Slice::length).sum();
  }
}
