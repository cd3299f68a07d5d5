package io.sparkmae.model.engine;

import io.sparkmae.model.MaeConfig;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What a step is fed with, in host memory that stays in its place. */
final class Inputs {

  private final INDArray pixels; // [N, L, P]
  private final INDArray order; // [N, L]
  private final Pointer pixelsAddress;
  private final IntPointer orderAddress;
  private final int[] tokens;

  /** Room for a batch of pixels in {@code type}: floats, or bytes. */
  Inputs(MaeConfig config, int batch, DataType type) {
    // detached: a workspace would take the memory back
    pixels = Nd4j.createUninitializedDetached(type, batch, config.tokens(), config.patchLength());
    order = Nd4j.createUninitializedDetached(DataType.INT32, batch, config.tokens());
    pixelsAddress = new Address(pixels.data().address());
    orderAddress = new IntPointer(new Address(order.data().address()));
    tokens = new int[config.tokens()];
  }

  INDArray pixels() {
    return pixels;
  }

  INDArray order() {
    return order;
  }

  /**
   * Takes in a batch.
   *
   * @param patches [N, L, P], of the type that there is room for
   * @param orders [N][L], the tokens of each sample, kept ones first
   */
  void fill(INDArray patches, int[][] orders) {
    INDArray dense = patches.ordering() == 'c' && !patches.isView() ? patches : patches.dup('c');
    long bytes = dense.length() * Type.of(dense).bytes();
    Pointer.memcpy(pixelsAddress, new Address(dense.data().address()), bytes);
    for (int n = 0; n < orders.length; n++) {
      System.arraycopy(orders[n], 0, tokens, 0, tokens.length);
      orderAddress.position((long) n * tokens.length).put(tokens, 0, tokens.length);
    }
  }
}
