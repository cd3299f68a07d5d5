package io.sparkmae.model.engine;

import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.device.Device;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.TimedWork;
import io.sparkmae.model.engine.device.Type;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The highest speed of a machine, with which a step's speed is compared. */
public final class LargeProduct {

  private LargeProduct() {}

  /**
   * Returns the speed of a large product on this machine, or on its first GPU, in 10⁹ operations
   * per second: the best of some runs on random numbers.
   */
  public static double gflops(Engine engine, Precision precision) {
    int size = engine == Engine.CUDA ? 8192 : 2048;
    Type type = precision == Precision.BF16 ? Type.BF16 : Type.F32;
    INDArray random = Nd4j.rand(DataType.FLOAT, size, size); // a GPU multiplies zeros faster
    double best = 0;
    try (Device device = Engines.device(engine, 0, precision)) {
      Tensor a = device.allocate(type, size, size);
      device.upload(random);
      device.copy(device.imageOf(random), a).run();
      TimedWork product =
          device.inOrder(
              List.of(device.linearInputGradient(a, a, device.allocate(type, size, size))));
      for (int run = 0; run < 8; run++) {
        product.run();
        best = Math.max(best, 2.0 * size * size * size / product.nanoseconds());
      }
    }
    return best;
  }
}
