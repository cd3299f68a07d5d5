package io.sparkmae.model.engine.cuda;

import io.sparkmae.model.engine.cuda.CudaKernels.Grid;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;

/** The gathers of a step: patches of pixels in the order of tokens, and tokens with positions. */
final class CudaTokens {

  private CudaTokens() {}

  /** Returns the work of {@link CudaDevice#patches}. */
  static Runnable patches(
      CudaDevice device,
      Tensor pixels,
      Tensor levels,
      Tensor order,
      long first,
      boolean turned,
      Tensor to) {
    String from = pixels.type() == Type.U8 ? "_u8" : "_float";
    long images = pixels.shape()[0];
    return device.launch(
        "patches" + from + CudaKernels.suffix(to),
        Grid.over(to.length()),
        pixels,
        levels,
        order,
        to,
        to.length(),
        pixels.shape()[1],
        first,
        to.shape()[0] / images,
        pixels.shape()[2],
        levels.length() / 256,
        turned ? 1L : 0L);
  }

  /** Returns the work of {@link CudaDevice#tokens}. */
  static Runnable tokens(
      CudaDevice device,
      Tensor known,
      long first,
      Tensor filler,
      Tensor positions,
      Tensor order,
      Tensor x) {
    return device.launch(
        "tokens",
        Grid.over(x.length()),
        known,
        filler,
        positions,
        order,
        x,
        x.length(),
        x.shape()[1],
        x.shape()[2],
        first,
        known.shape()[1],
        order.shape()[1]);
  }
}
