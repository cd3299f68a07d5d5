package io.sparkmae.model.engine;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.util.List;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The images [from, to) of a minibatch.
 *
 * @param patches [N, L, P], of the whole minibatch
 * @param idsShuffle [N, L], each image's patches in the shuffled order, kept ones first
 */
record Images(INDArray patches, INDArray idsShuffle, int from, int to) {

  static Images of(INDArray patches, INDArray idsShuffle) {
    return new Images(patches, idsShuffle, 0, Math.toIntExact(patches.size(0)));
  }

  Batch batch() {
    return new Batch(count(), patches.dataType());
  }

  int count() {
    return to - from;
  }

  /**
   * Cuts these images into {@code parts} ranges, at most one per image. The first ranges may have
   * one image more than the last.
   */
  List<Images> cut(int parts) {
    int pieces = Math.min(parts, count());
    return IntStream.range(0, pieces).mapToObj(i -> piece(i, pieces)).toList();
  }

  private Images piece(int i, int pieces) {
    return new Images(
        patches,
        idsShuffle,
        from + border(count(), i, pieces),
        from + border(count(), i + 1, pieces));
  }

  /** Returns where piece {@code i} of {@code count} images begins. */
  static int border(int count, int i, int pieces) {
    return (int) (((long) count * i + pieces - 1) / pieces);
  }

  /**
   * Returns whether these are the same images of the same array objects; equal contents are not
   * enough.
   */
  boolean areThose(Images others) {
    return others != null
        && patches == others.patches
        && idsShuffle == others.idsShuffle
        && from == others.from
        && to == others.to;
  }

  /** Returns the patches of these images, [count, L, P], as a view. */
  INDArray ownPatches() {
    return patches.get(interval(from, to), all(), all());
  }

  /** Returns the orders of these images, [count · L], image after image. */
  int[] orders() {
    return idsShuffle.get(interval(from, to), all()).dup('c').data().asInt();
  }
}
