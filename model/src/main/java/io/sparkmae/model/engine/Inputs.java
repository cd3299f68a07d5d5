package io.sparkmae.model.engine;

import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.engine.device.Address;
import io.sparkmae.model.engine.device.Device;
import io.sparkmae.model.engine.device.Feed;
import io.sparkmae.model.engine.device.HostVector;
import io.sparkmae.model.engine.device.Type;
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
  private final Feed feed;
  private final INDArray removed; // [1], rows of removed patches in the images that count
  private final int removedOfImage;
  private Images held; // here and not yet taken; null if there are none

  /** Room for a batch of pixels in {@code type}: floats, or bytes. */
  Inputs(MaeConfig config, int batch, DataType type, Device device) {
    // detached: a workspace would take the memory back
    pixels = Nd4j.createUninitializedDetached(type, batch, config.tokens(), config.patchLength());
    order = Nd4j.createUninitializedDetached(DataType.INT32, batch, config.tokens());
    removed = Nd4j.createUninitializedDetached(DataType.INT32, 1);
    removedOfImage = config.tokens() - config.numKeep();
    feed = device.feed(List.of(pixels, order, removed));
  }

  INDArray pixels() {
    return pixels;
  }

  INDArray order() {
    return order;
  }

  INDArray removed() {
    return removed;
  }

  boolean hold(Images images) {
    return images.areThose(held);
  }

  /**
   * Takes in images, also while the device works on those before; if they are fewer than there is
   * room for, copies of the first fill it up, which do not count.
   */
  void fill(Images images) {
    feed.await();
    INDArray dense = HostVector.dense(images.ownPatches());
    long bytes = dense.length() / images.count() * Type.of(dense).bytes(); // of an image
    Pointer.memcpy(address(pixels, 0), address(dense, 0), bytes * images.count());
    for (long image = images.count(); image < pixels.size(0); image++) {
      Pointer.memcpy(address(pixels, bytes * image), address(dense, 0), bytes);
    }
    int[] orders = images.orders();
    IntPointer to = new IntPointer(address(order, 0));
    to.put(orders, 0, orders.length);
    int length = (int) order.size(1);
    for (long image = images.count(); image < order.size(0); image++) {
      to.position(image * length).put(orders, 0, length);
    }
    new IntPointer(address(removed, 0)).put(images.count() * removedOfImage);
    feed.send();
    held = images;
  }

  private static Pointer address(INDArray array, long bytes) {
    return new Address(Address.of(array) + bytes);
  }

  /** The device works on the images that are here from now on. */
  void take() {
    feed.take();
    held = null;
  }
}
