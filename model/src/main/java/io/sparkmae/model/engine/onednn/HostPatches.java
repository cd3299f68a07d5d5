package io.sparkmae.model.engine.onednn;

import io.sparkmae.model.engine.device.Address;
import io.sparkmae.model.engine.device.Device;
import io.sparkmae.model.engine.device.HostVector;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;

/** Gathers patches in host memory, image by image: see {@link Device#patches}. */
final class HostPatches implements Runnable {

  private final HostLoops loops;
  private final int first;
  private final boolean turned;
  private final int images;
  private final int tokens;
  private final int count;
  private final int length;
  private final int channels;
  private final ByteBuffer bytes; // null if the pixels are floats
  private final HostVector floats;
  private final IntBuffer order;
  private final HostVector to;
  private final float[] levels;

  HostPatches(
      HostLoops loops,
      Tensor pixels,
      Tensor levels,
      Tensor order,
      int first,
      boolean turned,
      Tensor to) {
    this.loops = loops;
    this.first = first;
    this.turned = turned;
    images = (int) pixels.shape()[0];
    tokens = (int) pixels.shape()[1];
    length = (int) pixels.shape()[2];
    count = (int) (to.shape()[0] / images);
    channels = (int) (levels.length() / 256);
    boolean coded = pixels.type() == Type.U8;
    bytes = coded ? Address.bytes(pixels) : null;
    floats = coded ? null : new HostVector(pixels);
    this.order = Address.integers(order);
    this.to = new HostVector(to);
    this.levels = new float[(int) levels.length()];
    Address.buffer(levels).get(this.levels);
  }

  @Override
  public void run() {
    loops.forEach(images, this::gather);
  }

  private void gather(int image) {
    float[] patch = new float[length];
    float[] result = turned ? new float[length] : patch;
    byte[] coded = new byte[length];
    for (int i = 0; i < count; i++) {
      int token = order.get(image * tokens + first + i);
      read(((long) image * tokens + token) * length, coded, patch);
      if (turned) {
        turn(patch, result);
      }
      to.put(((long) image * count + i) * length, result, length);
    }
  }

  private void read(long at, byte[] coded, float[] patch) {
    if (bytes == null) {
      floats.get(at, patch, length);
      return;
    }
    bytes.get((int) at, coded, 0, length); // a byte buffer is addressed by an int
    for (int i = 0; i < length; i++) {
      patch[i] = levels[i % channels * 256 + (coded[i] & 0xff)];
    }
  }

  /**
   * Reorders a patch from row, column, channel to channel, row, column, the order of the
   * embedding's convolution weight.
   */
  private void turn(float[] patch, float[] turned) {
    int values = length / channels;
    for (int channel = 0; channel < channels; channel++) {
      for (int value = 0; value < values; value++) {
        turned[channel * values + value] = patch[value * channels + channel];
      }
    }
  }
}
