package io.sparkmae.model.engine;

import io.sparkmae.model.config.ClassifierConfig;
import io.sparkmae.model.engine.device.Device;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The inputs of a classifier's step, in host memory at fixed addresses, which its device reads
 * directly.
 *
 * @param pixels [N, L, P]
 * @param order [N, L], every patch in its place
 * @param targets [N, classes]
 * @param scales [2 · depth, N]
 * @param counted [1], how many images are not padding
 */
record ClassifierInputs(
    INDArray pixels, INDArray order, INDArray targets, INDArray scales, INDArray counted) {

  static ClassifierInputs allocate(ClassifierConfig config, Batch batch) {
    int images = batch.images();
    int tokens = config.encoder().tokens();
    int[] inOrder = IntStream.range(0, images * tokens).map(i -> i % tokens).toArray();
    // detached: a workspace would reuse the memory
    INDArray order = Nd4j.createUninitializedDetached(DataType.INT32, images, tokens);
    order.assign(Nd4j.createFromArray(inOrder).reshape(images, tokens));
    return new ClassifierInputs(
        Nd4j.createUninitializedDetached(
            batch.pixels(), images, tokens, config.encoder().patchLength()),
        order,
        Nd4j.createUninitializedDetached(DataType.FLOAT, images, config.classes()),
        Nd4j.createUninitializedDetached(
            DataType.FLOAT, 2L * config.encoder().encoder().depth(), images),
        Nd4j.createUninitializedDetached(DataType.INT32, 1));
  }

  /**
   * Copies images in, after all work on those before. If they are fewer than a batch, copies of the
   * first one fill it up; the loss ignores them.
   */
  void fill(Examples images, Device device) {
    device.await();
    counted.putScalar(0, images.count());
    copy(images.ownPatches(), pixels, 0, images.count());
    if (images.targets() != null) {
      copy(images.ownTargets(), targets, 0, images.count());
    }
    if (images.scales() != null) {
      copy(images.ownScales(), scales, 1, images.count());
    }
  }

  private static void copy(INDArray from, INDArray to, int axis, int count) {
    range(to, axis, 0, count).assign(from);
    for (int i = count; i < to.size(axis); i++) {
      range(to, axis, i, i + 1).assign(range(from, axis, 0, 1));
    }
  }

  private static INDArray range(INDArray array, int axis, int from, int to) {
    var indices = new org.nd4j.linalg.indexing.INDArrayIndex[array.rank()];
    Arrays.fill(indices, NDArrayIndex.all());
    indices[axis] = NDArrayIndex.interval(from, to);
    return array.get(indices);
  }
}
