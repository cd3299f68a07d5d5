package io.sparkmae.model.engine;

import io.sparkmae.model.engine.device.Device;
import io.sparkmae.model.engine.device.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A plan's numbers that no step changes. */
final class Constants {

  private final Device device;
  // the device may use their memory: keep them referenced
  private final List<INDArray> kept = new ArrayList<>();

  Constants(Device device) {
    this.device = device;
  }

  /** Returns a vector of these numbers. */
  Tensor of(double[] values) {
    INDArray host = Nd4j.createUninitializedDetached(DataType.FLOAT, values.length);
    for (int i = 0; i < values.length; i++) {
      host.putScalar(i, (float) values[i]);
    }
    return kept(host);
  }

  /** Returns a vector of equal numbers. */
  Tensor filled(double value, long length) {
    double[] values = new double[(int) length];
    Arrays.fill(values, value);
    return of(values);
  }

  /** Returns a tensor of zeros. */
  Tensor zeros(long... shape) {
    return kept(Nd4j.createUninitializedDetached(DataType.FLOAT, shape).assign(0));
  }

  private Tensor kept(INDArray host) {
    kept.add(host);
    Tensor image = device.imageOf(host);
    device.upload(host);
    return image;
  }
}
