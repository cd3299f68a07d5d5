package io.sparkmae.model;

import io.sparkmae.model.config.Pixels;
import io.sparkmae.model.masking.Masking;
import java.util.Arrays;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What the DL4J graph computes with, derived from a minibatch's patches and their order.
 *
 * @param features kept patches [N, K, P], idsKeep [N, K], idsRestore [N, L]
 * @param labels all patches [N, L, P]
 * @param masks [N, L], 1 for a removed patch that is predicted, else 0
 */
record GraphArrays(INDArray[] features, INDArray[] labels, INDArray[] masks) {

  /**
   * Derives the arrays.
   *
   * @param patches [N, L, P], bytes or numbers
   * @param idsShuffle [N, L], each image's patches in the shuffled order, kept ones first
   * @param numKeep K
   * @param numPredict how many removed patches the loss is on
   */
  static GraphArrays of(
      INDArray patches, INDArray idsShuffle, int numKeep, int numPredict, int channels) {
    INDArray numbers = Pixels.asNumbers(patches, channels);
    DataType type = numbers.dataType();
    Masking[] maskings = maskings(idsShuffle, numKeep);
    INDArray idsKeep = rows(maskings, m -> toDoubles(m.idsKeep())).castTo(type);
    INDArray idsRestore = rows(maskings, m -> toDoubles(m.idsRestore())).castTo(type);
    INDArray mask = rows(maskings, m -> m.predicted(numPredict)).castTo(type);
    return new GraphArrays(
        new INDArray[] {keep(numbers, maskings), idsKeep, idsRestore},
        new INDArray[] {numbers},
        new INDArray[] {mask});
  }

  private static Masking[] maskings(INDArray idsShuffle, int numKeep) {
    int tokens = (int) idsShuffle.size(1);
    int[] all = idsShuffle.dup('c').data().asInt();
    return IntStream.range(0, (int) idsShuffle.size(0))
        .mapToObj(n -> new Masking(Arrays.copyOfRange(all, n * tokens, (n + 1) * tokens), numKeep))
        .toArray(Masking[]::new);
  }

  private static INDArray rows(Masking[] maskings, Function<Masking, double[]> row) {
    return Nd4j.createFromArray(Arrays.stream(maskings).map(row).toArray(double[][]::new));
  }

  private static double[] toDoubles(int[] ids) {
    return Arrays.stream(ids).asDoubleStream().toArray();
  }

  /** Gathers the kept patches, [N, L, P] → [N, K, P]. */
  private static INDArray keep(INDArray patches, Masking[] maskings) {
    int tokens = (int) patches.size(1);
    int[] rows = // of the patches as [N·L, P]
        IntStream.range(0, maskings.length)
            .flatMap(n -> Arrays.stream(maskings[n].idsKeep()).map(id -> n * tokens + id))
            .toArray();
    INDArray kept =
        Nd4j.pullRows(patches.reshape((long) maskings.length * tokens, patches.size(2)), 1, rows);
    return kept.reshape(maskings.length, maskings[0].numKeep(), patches.size(2));
  }
}
