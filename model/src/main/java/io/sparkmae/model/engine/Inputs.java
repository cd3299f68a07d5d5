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

/** The inputs of a step: host memory at a fixed address, and its transfer to the device. */
final class Inputs {

  private final INDArray pixels; // [N, L, P]
  private final INDArray order; // [N, L], the tokens of each sample, kept ones first
  private final Feed feed;
  // [1], number of predicted patches in all images that are not padding
  private final INDArray predicted;
  private final int predictedOfImage;
  private Images held; // filled in and not yet taken; null if there are none

  /** Allocates host memory for a batch of pixels: floats, or bytes. */
  Inputs(MaeConfig config, Batch batch, Device device) {
    int images = batch.images();
    // detached: a workspace would reuse the memory
    pixels =
        Nd4j.createUninitializedDetached(
            batch.pixels(), images, config.tokens(), config.patchLength());
    order = Nd4j.createUninitializedDetached(DataType.INT32, images, config.tokens());
    predicted = Nd4j.createUninitializedDetached(DataType.INT32, 1);
    predictedOfImage = config.numPredict();
    feed = device.feed(List.of(pixels, order, predicted));
  }

  Batch batch() {
    return new Batch(Math.toIntExact(pixels.size(0)), pixels.dataType());
  }

  INDArray pixels() {
    return pixels;
  }

  INDArray order() {
    return order;
  }

  INDArray predicted() {
    return predicted;
  }

  boolean hold(Images images) {
    return images.areThose(held);
  }

  /**
   * Copies images in and begins their transfer; the device may still work on the images before. If
   * they are fewer than a batch, copies of the first image fill it up; the loss ignores them.
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
    new IntPointer(address(predicted, 0)).put(images.count() * predictedOfImage);
    feed.send();
    held = images;
  }

  private static Pointer address(INDArray array, long bytes) {
    return new Address(Address.of(array) + bytes);
  }

  /** Makes the device work from now on the images that {@link #fill} copied in last. */
  void take() {
    feed.take();
    held = null;
  }
}
