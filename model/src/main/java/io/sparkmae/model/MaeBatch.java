package io.sparkmae.model;

import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Pixels;
import java.util.Arrays;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/** Makes the input arrays of {@link MaeGraph}. */
public final class MaeBatch {

  private MaeBatch() {}

  /**
   * Returns a minibatch: pixels as bytes, which the engine normalises, and one mask drawn for each
   * sample.
   *
   * @param patches uint8 [N, L, P], inside a patch row, column, channel
   * @param sampleSeeds [N]; a sample's mask depends on its seed alone
   */
  public static MultiDataSet of(MaeConfig config, byte[] patches, long[] sampleSeeds) {
    Masking[] maskings =
        Arrays.stream(sampleSeeds)
            .mapToObj(seed -> Masking.draw(seed, config.tokens(), config.numKeep()))
            .toArray(Masking[]::new);
    return of(Pixels.bytes(patches, sampleSeeds.length, config), maskings, DataType.FLOAT);
  }

  /**
   * Returns a minibatch of patches [N, L, P] that are normalised already; ids and masks take the
   * patches' number type.
   */
  static MultiDataSet of(INDArray patches, Masking[] maskings) {
    return of(patches, maskings, patches.dataType());
  }

  /**
   * Returns a minibatch of patches [N, L, P], of bytes or of normalised numbers.
   *
   * @param type number type of ids and masks
   */
  private static MultiDataSet of(INDArray patches, Masking[] maskings, DataType type) {
    INDArray idsKeep = rows(maskings, m -> toDoubles(m.idsKeep())).castTo(type); // [N, K]
    INDArray idsRestore = rows(maskings, m -> toDoubles(m.idsRestore())).castTo(type); // [N, L]
    INDArray mask = rows(maskings, Masking::mask).castTo(type); // [N, L]
    INDArray[] features = {keep(patches, maskings), idsKeep, idsRestore};
    return new org.nd4j.linalg.dataset.MultiDataSet(
        features, new INDArray[] {patches}, null, new INDArray[] {mask});
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
    // rows of the patches as [N·L, P]
    int[] rows =
        IntStream.range(0, maskings.length)
            .flatMap(n -> Arrays.stream(maskings[n].idsKeep()).map(id -> n * tokens + id))
            .toArray();
    INDArray kept =
        Nd4j.pullRows(patches.reshape((long) maskings.length * tokens, patches.size(2)), 1, rows);
    return kept.reshape(maskings.length, maskings[0].idsKeep().length, patches.size(2));
  }
}
