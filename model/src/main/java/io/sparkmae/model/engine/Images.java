package io.sparkmae.model.engine;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.util.List;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The images [from, to) of a minibatch.
 *
 * @param patches [N, L, P], the patches of the whole minibatch
 * @param idsRestore [N, L], the place of each token in the shuffled order
 */
record Images(INDArray patches, INDArray idsRestore, int from, int to) {

  static Images of(INDArray patches, INDArray idsRestore) {
    return new Images(patches, idsRestore, 0, Math.toIntExact(patches.size(0)));
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
    return new Images(patches, idsRestore, border(i, pieces), border(i + 1, pieces));
  }

  private int border(int i, int pieces) {
    return from + (int) (((long) count() * i + pieces - 1) / pieces);
  }

  /**
   * Returns whether these are the same images of the same array objects; equal contents are not
   * enough.
   */
  boolean areThose(Images others) {
    return others != null
        && patches == others.patches
        && idsRestore == others.idsRestore
        && from == others.from
        && to == others.to;
  }

  /** Returns the patches of these images, [count, L, P], as a view. */
  INDArray ownPatches() {
    return patches.get(interval(from, to), all(), all());
  }

  /** Returns the places of these images' tokens, [count · L], image after image. */
  int[] places() {
    return idsRestore.get(interval(from, to), all()).dup('c').data().asInt();
  }
}
