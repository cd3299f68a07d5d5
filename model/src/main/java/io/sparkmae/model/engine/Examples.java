package io.sparkmae.model.engine;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.util.List;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The images [from, to) of a minibatch for a classifier.
 *
 * @param patches [N, L, P], of the whole minibatch
 * @param targets [N, classes]; null where nothing is trained
 * @param scales [N, 2 · depth], of attention and MLP of block after block; null for none
 */
record Examples(INDArray patches, INDArray targets, INDArray scales, int from, int to) {

  static Examples of(INDArray patches, INDArray targets, INDArray scales) {
    return new Examples(patches, targets, scales, 0, Math.toIntExact(patches.size(0)));
  }

  Batch batch() {
    return new Batch(count(), patches.dataType());
  }

  int count() {
    return to - from;
  }

  /** Cuts these images as {@link Images#cut} does. */
  List<Examples> cut(int parts) {
    int pieces = Math.min(parts, count());
    return IntStream.range(0, pieces)
        .mapToObj(
            i ->
                new Examples(
                    patches,
                    targets,
                    scales,
                    from + Images.border(count(), i, pieces),
                    from + Images.border(count(), i + 1, pieces)))
        .toList();
  }

  INDArray ownPatches() {
    return patches.get(interval(from, to), all(), all());
  }

  INDArray ownTargets() {
    return targets.get(interval(from, to), all());
  }

  /** Returns the scales of these images by branch, [2 · depth, count]. */
  INDArray ownScales() {
    return scales.get(interval(from, to), all()).transpose();
  }
}
