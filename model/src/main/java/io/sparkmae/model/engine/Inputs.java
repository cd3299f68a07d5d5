package io.sparkmae.model.engine;

import io.sparkmae.model.MaeConfig;
import java.util.List;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What a step is fed with: host memory that stays in its place, and its way to the device. */
final class Inputs {

  private final INDArray pixels; // [N, L, P]
  private final INDArray order; // [N, L], the tokens of each sample, kept ones first
  private final int[] tokens;
  private final Feed feed;
  private INDArray patches; // the batch that is here and not yet taken; null if there is none
  private INDArray idsRestore;

  /** Room for a batch of pixels in {@code type}: floats, or bytes. */
  Inputs(MaeConfig config, int batch, DataType type, Device device) {
    // detached: a workspace would take the memory back
    pixels = Nd4j.createUninitializedDetached(type, batch, config.tokens(), config.patchLength());
    order = Nd4j.createUninitializedDetached(DataType.INT32, batch, config.tokens());
    tokens = new int[Math.multiplyExact(batch, config.tokens())];
    feed = device.feed(List.of(pixels, order));
  }

  INDArray pixels() {
    return pixels;
  }

  INDArray order() {
    return order;
  }

  boolean hold(INDArray patches, INDArray idsRestore) {
    return this.patches == patches && this.idsRestore == idsRestore;
  }

  /**
   * Takes in a batch, also while the device works on the one before.
   *
   * @param patches [N, L, P], of the type that there is room for
   * @param idsRestore [N, L], the place of each token in the shuffled order
   */
  void fill(INDArray patches, INDArray idsRestore) {
    feed.await();
    INDArray dense = HostVector.dense(patches);
    long bytes = dense.length() * Type.of(dense).bytes();
    Pointer.memcpy(address(pixels), address(dense), bytes);
    int[] places = places(idsRestore);
    int length = (int) order.size(1);
    for (int i = 0; i < places.length; i++) {
      tokens[i / length * length + places[i]] = i % length;
    }
    new IntPointer(address(order)).put(tokens);
    feed.send();
    this.patches = patches;
    this.idsRestore = idsRestore;
  }

  /** The entries of idsRestore [N, L], sample after sample. */
  static int[] places(INDArray idsRestore) {
    return idsRestore.dup('c').data().asInt();
  }

  private static Pointer address(INDArray array) {
    return new Address(Address.of(array));
  }

  /** The device works on the batch that is here from now on. */
  void take() {
    feed.take();
    patches = null;
    idsRestore = null;
  }
}
