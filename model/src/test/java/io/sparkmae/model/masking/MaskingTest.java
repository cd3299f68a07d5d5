package io.sparkmae.model.masking;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.model.Conformance;
import io.sparkmae.model.config.MaskSampling;
import io.sparkmae.model.file.Safetensors;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.ndarray.INDArray;

class MaskingTest {

  @Test
  void agreesWithTheReferenceOnItsNoise() throws Exception {
    Safetensors file;
    try (var in = Conformance.class.getResourceAsStream("golden/mae_tiny_f64.safetensors")) {
      file = Safetensors.read(in);
    }
    INDArray noise = file.tensors().get("noise");
    for (int n = 0; n < noise.rows(); n++) {
      Masking masking = Masking.ofNoise(noise.getRow(n).toDoubleVector(), 4);
      assertThat(masking.idsKeep())
          .isEqualTo(file.tensors().get("ids_keep").getRow(n).toIntVector());
      assertThat(masking.idsRestore())
          .isEqualTo(file.tensors().get("ids_restore").getRow(n).toIntVector());
      assertThat(masking.mask()).isEqualTo(file.tensors().get("mask").getRow(n).toDoubleVector());
    }
  }

  /** Pinned: a run that goes on must draw what it drew before there were other samplings. */
  @Test
  void randomMasksAreWhatTheyEverWere() {
    assertThat(draw(MaskSampling.RANDOM, 42, 4, 4).idsShuffle())
        .containsExactly(5, 12, 14, 8, 9, 4, 3, 0, 15, 10, 11, 6, 1, 7, 13, 2);
  }

  @ParameterizedTest
  @EnumSource(MaskSampling.class)
  void everyImageKeepsExactlyNumKeepPatchesAndTheOrderIsAPermutation(MaskSampling sampling) {
    for (int grid : new int[] {2, 3, 7, 14, 16, 24}) {
      int tokens = grid * grid;
      for (int numKeep : new int[] {1, tokens / 10, tokens / 4, tokens / 2, tokens - 1}) {
        for (long seed = 0; seed < 20; seed++) {
          Masking masking = draw(sampling, seed, grid, Math.max(1, numKeep));
          assertThat(masking.idsShuffle()).hasSize(tokens).doesNotHaveDuplicates();
          assertThat(Arrays.stream(masking.idsShuffle())).allMatch(id -> 0 <= id && id < tokens);
          assertThat(Arrays.stream(masking.mask()).sum()).isEqualTo(tokens - masking.numKeep());
          assertThat(Arrays.stream(masking.idsKeep())).allMatch(id -> masking.mask()[id] == 0);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(MaskSampling.class)
  void dependsOnTheSampleSeedAlone(MaskSampling sampling) {
    assertThat(draw(sampling, 3, 8, 16).idsRestore())
        .isEqualTo(draw(sampling, 3, 8, 16).idsRestore());
    Set<String> masks = new HashSet<>();
    for (long seed = 0; seed < 40; seed++) {
      masks.add(Arrays.toString(draw(sampling, seed, 8, 16).mask()));
    }
    // a grid has four offsets
    assertThat(masks).hasSizeGreaterThanOrEqualTo(sampling == MaskSampling.GRID ? 4 : 20);
  }

  @Test
  void idsRestoreUndoesTheShuffle() {
    Masking masking = draw(MaskSampling.RANDOM, 7, 8, 64);
    int[] restored =
        Arrays.stream(masking.idsRestore()).map(place -> masking.idsKeep()[place]).toArray();
    assertThat(restored).isEqualTo(IntStream.range(0, 64).toArray());
  }

  @Test
  void randomAndGridMasksKeepEveryPatchEquallyOften() {
    for (MaskSampling sampling : List.of(MaskSampling.RANDOM, MaskSampling.GRID)) {
      int[] kept = new int[16];
      for (long seed = 0; seed < 4000; seed++) {
        Arrays.stream(draw(sampling, seed, 4, 4).idsKeep()).forEach(id -> kept[id]++);
      }
      assertThat(Arrays.stream(kept)).allMatch(n -> 880 < n && n < 1120); // 1000 ± 4 deviations
    }
  }

  @ParameterizedTest
  @CsvSource({"14, 49", "14, 98", "16, 64", "14, 19", "16, 128", "8, 16"})
  void removedPatchesOfABlockMaskAreLargeConnectedPieces(int grid, int numKeep) {
    double random = 0;
    double block = 0;
    for (long seed = 0; seed < 100; seed++) {
      List<Integer> pieces = pieces(draw(MaskSampling.BLOCK, seed, grid, numKeep).mask(), grid);
      assertThat(pieces).allMatch(size -> size >= grid * grid / 12);
      block += edges(draw(MaskSampling.BLOCK, seed, grid, numKeep).mask(), grid);
      random += edges(draw(MaskSampling.RANDOM, seed, grid, numKeep).mask(), grid);
    }
    assertThat(block).isLessThan(random / 2);
  }

  @Test
  void aFewRemovedPatchesAreOnePiece() {
    for (int remove = 1; remove < 16; remove++) {
      double[] mask = draw(MaskSampling.BLOCK, remove, 14, 196 - remove).mask();
      assertThat(pieces(mask, 14)).containsExactly(remove);
    }
  }

  @ParameterizedTest
  @CsvSource({"4", "8", "14", "16", "24", "32"})
  void aGridOfThreeQuartersKeepsOneOfEveryTwoByTwo(int grid) {
    for (long seed = 0; seed < 20; seed++) {
      double[] mask = draw(MaskSampling.GRID, seed, grid, grid * grid / 4).mask();
      for (int row = 0; row + 1 < grid; row++) {
        for (int column = 0; column + 1 < grid; column++) {
          int at = row * grid + column;
          assertThat(mask[at] + mask[at + 1] + mask[at + grid] + mask[at + grid + 1]).isEqualTo(3);
        }
      }
    }
  }

  @Test
  void aGridOfAHalfIsAChessboardAndOneOfAQuarterRemovesOneOfEveryTwoByTwo() {
    double[] half = draw(MaskSampling.GRID, 5, 14, 98).mask();
    double[] quarter = draw(MaskSampling.GRID, 5, 14, 147).mask();
    for (int at = 0; at < 13 * 14; at++) {
      if (at % 14 < 13) {
        assertThat(half[at] + half[at + 1]).isEqualTo(1);
        assertThat(half[at] + half[at + 14]).isEqualTo(1);
        assertThat(quarter[at] + quarter[at + 1] + quarter[at + 14] + quarter[at + 15])
            .isEqualTo(1);
      }
    }
  }

  @Test
  void aGridThatKeepsASixteenthHasPeriodFour() {
    double[] mask = draw(MaskSampling.GRID, 5, 16, 16).mask();
    for (int at = 0; at < mask.length; at++) {
      assertThat(mask[(at + 4 * 16) % 256]).isEqualTo(mask[at]);
      assertThat(mask[at / 16 * 16 + (at + 4) % 16]).isEqualTo(mask[at]);
    }
  }

  private static Masking draw(MaskSampling sampling, long seed, int grid, int numKeep) {
    return Masking.draw(sampling, seed, grid, numKeep);
  }

  /** The sizes of the connected pieces of the removed patches. */
  private static List<Integer> pieces(double[] mask, int grid) {
    boolean[] seen = new boolean[mask.length];
    List<Integer> sizes = new ArrayList<>();
    for (int start = 0; start < mask.length; start++) {
      if (mask[start] == 1 && !seen[start]) {
        sizes.add(fill(mask, grid, start, seen));
      }
    }
    return sizes;
  }

  private static int fill(double[] mask, int grid, int start, boolean[] seen) {
    Deque<Integer> open = new ArrayDeque<>(List.of(start));
    seen[start] = true;
    int size = 0;
    while (!open.isEmpty()) {
      int at = open.pop();
      size++;
      for (int next : new int[] {at - grid, at + grid, at - 1, at + 1}) {
        boolean sameRow = Math.abs(next - at) > 1 || next >= 0 && next / grid == at / grid;
        if (sameRow && next >= 0 && next < mask.length && mask[next] == 1 && !seen[next]) {
          seen[next] = true;
          open.push(next);
        }
      }
    }
    return size;
  }

  /** Pairs of neighbours of which one is kept and one removed. */
  private static int edges(double[] mask, int grid) {
    int edges = 0;
    for (int at = 0; at < mask.length; at++) {
      edges += at % grid + 1 < grid && mask[at] != mask[at + 1] ? 1 : 0;
      edges += at + grid < mask.length && mask[at] != mask[at + grid] ? 1 : 0;
    }
    return edges;
  }
}
