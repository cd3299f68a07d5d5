package io.sparkmae.model.engine.onednn;

import io.sparkmae.model.engine.device.Address;
import io.sparkmae.model.engine.device.Device;
import io.sparkmae.model.engine.device.HostVector;
import io.sparkmae.model.engine.device.Tensor;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;

/** Puts tokens together in host memory, image by image: see {@link Device#tokens}. */
final class HostTokens implements Runnable {

  private final HostLoops loops;
  private final HostVector known;
  private final FloatBuffer filler;
  private final FloatBuffer positions;
  private final IntBuffer order;
  private final HostVector x;
  private final int first;
  private final int images;
  private final int count;
  private final int places;
  private final int dim;
  private final int tokens;

  HostTokens(
      HostLoops loops,
      Tensor known,
      int first,
      Tensor filler,
      Tensor positions,
      Tensor order,
      Tensor x) {
    this.loops = loops;
    this.known = new HostVector(known);
    this.first = first;
    this.filler = Address.buffer(filler);
    this.positions = Address.buffer(positions);
    this.order = Address.integers(order);
    this.x = new HostVector(x);
    images = (int) x.shape()[0];
    places = (int) x.shape()[1];
    dim = (int) x.shape()[2];
    count = (int) known.shape()[1];
    tokens = (int) order.shape()[1];
  }

  @Override
  public void run() {
    loops.forEach(images, this::join);
  }

  private void join(int image) {
    float[] token = new float[dim];
    float[] position = new float[dim];
    for (int place = 0; place < places; place++) {
      boolean isKnown = place >= first && place < first + count;
      if (isKnown) {
        known.get(((long) image * count + place - first) * dim, token, dim);
      } else {
        filler.get(0, token, 0, dim);
      }
      int row = place == 0 ? 0 : order.get(image * tokens + place - 1) + 1;
      positions.get(row * dim, position, 0, dim);
      for (int i = 0; i < dim; i++) {
        token[i] += position[i];
      }
      x.put(((long) image * places + place) * dim, token, dim);
    }
  }
}
