package io.sparkmae.model.engine;

import io.sparkmae.model.config.Engine;
import io.sparkmae.model.engine.device.Activation;
import io.sparkmae.model.engine.device.AdamWRange;
import io.sparkmae.model.engine.device.AdamWRates;
import io.sparkmae.model.engine.device.Affine;
import io.sparkmae.model.engine.device.Device;
import io.sparkmae.model.engine.device.Feed;
import io.sparkmae.model.engine.device.Packing;
import io.sparkmae.model.engine.device.StreamGradient;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.TimedWork;
import io.sparkmae.model.engine.device.Type;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A device that counts the memory of a plan and has none: a plan made on it says what the same plan
 * takes on the processor or on a GPU.
 *
 * <p>Its tensors have addresses that point nowhere, and its work must not be run. Beside what a
 * plan asks for, it counts what the operations of the true device take for themselves.
 */
final class PaperDevice implements Device {

  private static final long BLAS_WORKSPACE = 32 << 20; // CudaMatmul's, of the device
  private static final Runnable NOTHING = () -> {};

  private final boolean gpu;
  private final int threads;
  private final Set<String> shared = new HashSet<>(); // scratch that operations have in common
  private long bytes;
  private long next = 1L << 20; // address

  /**
   * Makes a device.
   *
   * @param threads of a step on the processor
   */
  PaperDevice(Engine engine, int threads) {
    gpu = engine == Engine.CUDA;
    this.threads = threads;
    bytes = gpu ? BLAS_WORKSPACE : 0;
  }

  /** Returns the bytes that were asked for so far. */
  long bytes() {
    return bytes;
  }

  /** Returns a tensor that is not counted. */
  Tensor uncounted(Type type, long... shape) {
    Tensor tensor = Tensor.dense(next, type, shape);
    next += tensor.length() * type.bytes();
    return tensor;
  }

  @Override
  public Tensor allocate(Type type, long... shape) {
    Tensor tensor = uncounted(type, shape);
    bytes += tensor.length() * type.bytes();
    return tensor;
  }

  private void share(String role, Type type, long... shape) {
    if (shared.add(role + type + Arrays.toString(shape))) {
      allocate(type, shape);
    }
  }

  @Override
  public Tensor allocateResident(Type type, long... shape) {
    return allocate(type, shape);
  }

  /** Returns the host array's image, which takes memory on a GPU alone. */
  @Override
  public Tensor imageOf(INDArray host) {
    return gpu ? allocate(Type.of(host), host.shape()) : uncounted(Type.of(host), host.shape());
  }

  @Override
  public Tensor residentImageOf(INDArray host) {
    return imageOf(host);
  }

  @Override
  public Runnable linear(Tensor x, Tensor weight, Tensor bias, Tensor addend, Tensor y) {
    if (gpu && y.type() != Type.F32) {
      allocate(y.type(), bias.shape());
    }
    if (!gpu && Packing.isWorthwhile(x, weight)) {
      pack(weight.transposed());
    }
    return NOTHING;
  }

  @Override
  public Runnable linearInputGradient(Tensor dy, Tensor weight, Tensor dx) {
    if (!gpu && Packing.isWorthwhile(weight)) {
      pack(weight);
    }
    return NOTHING;
  }

  @Override
  public Runnable linearWeightGradient(Tensor dy, Tensor x, Tensor dWeight, Tensor dBias) {
    if (!gpu && Packing.isWorthwhile(x)) {
      pack(x);
    }
    return sumRows(dy, dBias);
  }

  /** Counts an operand that oneDNN packs in blocks of 32 × 64. */
  private void pack(Tensor operand) {
    long rows = (operand.shape()[0] + 31) / 32 * 32;
    long columns = (operand.shape()[1] + 63) / 64 * 64;
    share("packed", Type.U8, Packing.memory(rows * columns * Type.BF16.bytes()));
  }

  @Override
  public Runnable sumRows(Tensor x, Tensor y) {
    if (!gpu) { // a row of ones
      allocate(Type.F32, x.shape()[0]);
      if (x.type() != Type.F32) {
        allocate(x.type(), x.shape()[0]);
      }
    }
    return NOTHING;
  }

  @Override
  public Runnable patches(
      Tensor pixels, Tensor levels, Tensor order, long first, boolean turned, Tensor to) {
    if (!gpu && to.type() != Type.F32) {
      allocate(Type.F32, to.shape());
    }
    return NOTHING;
  }

  @Override
  public Runnable layerNormGradient(
      Tensor x, Affine layer, double eps, Tensor statistics, Tensor dy, StreamGradient dx) {
    if (!gpu && !dx.first()) {
      share("norm", Type.F32, x.shape());
    }
    return NOTHING;
  }

  /** Returns the processor's state, or a GPU's: the fused kernels keep a number for each row. */
  @Override
  public Tensor attentionState(Tensor q, Tensor k) {
    long[] of = q.shape();
    return gpu && q.type() == Type.BF16
        ? Tensor.dense(0, Type.F32, of[0], of[1], of[2])
        : Tensor.dense(0, q.type(), of[0], of[1], of[2], k.shape()[2]);
  }

  @Override
  public Runnable attention(Tensor q, Tensor k, Tensor v, Tensor state, Tensor attended) {
    if (!gpu) {
      allocate(state.type(), tile(state));
    }
    return NOTHING;
  }

  @Override
  public Runnable attentionGradient(
      Activation q, Activation k, Activation v, Tensor state, Activation attended) {
    if (!gpu) {
      allocate(state.type(), tile(state));
    } else if (state.shape().length == 4) {
      share("d attention", state.type(), state.length());
    }
    return NOTHING;
  }

  /** Returns the numbers of the heads that the processor computes at once. */
  private long tile(Tensor state) {
    long head = state.shape()[2] * state.shape()[3];
    long fitting = Math.max(1, (640L << 10) * threads / (head * Float.BYTES));
    return Math.min(fitting, state.shape()[0] * state.shape()[1]) * head;
  }

  @Override
  public Feed feed(List<INDArray> hosts) {
    if (gpu) { // a second place, for the batch to come
      hosts.forEach(this::imageOf);
    }
    return new Feed() {};
  }

  @Override
  public TimedWork inOrder(List<Runnable> works) {
    return new TimedWork() {
      @Override
      public void run() {
        throw noWork();
      }

      @Override
      public long nanoseconds() {
        return 0;
      }
    };
  }

  private static UnsupportedOperationException noWork() {
    return new UnsupportedOperationException("Cannot compute on paper");
  }

  @Override
  public Runnable openPlan() {
    return NOTHING;
  }

  @Override
  public void upload(INDArray host) {}

  @Override
  public void download(INDArray host) {
    throw noWork();
  }

  @Override
  public void await() {}

  @Override
  public Runnable tokens(
      Tensor known, long first, Tensor filler, Tensor positions, Tensor order, Tensor x) {
    return NOTHING;
  }

  @Override
  public Runnable layerNorm(Tensor x, Affine layer, double eps, Tensor statistics, Tensor y) {
    return NOTHING;
  }

  @Override
  public Runnable gelu(Tensor x, Tensor y) {
    return NOTHING;
  }

  @Override
  public Runnable geluGradient(Tensor x, Tensor dy, Tensor dx) {
    return NOTHING;
  }

  @Override
  public Runnable copy(Tensor from, Tensor to) {
    return NOTHING;
  }

  @Override
  public Runnable accumulate(Tensor from, Tensor to) {
    return NOTHING;
  }

  @Override
  public Runnable squaredError(
      Tensor prediction, Tensor target, Tensor counted, Tensor loss, Tensor dPrediction) {
    return NOTHING;
  }

  @Override
  public void addShare(double share, Tensor from, Tensor addend, Tensor to) {
    throw noWork();
  }

  @Override
  public double sumOfSquares(Tensor x) {
    throw noWork();
  }

  @Override
  public ToDoubleFunction<AdamWRates> adamW(List<AdamWRange> ranges) {
    throw noWork();
  }

  @Override
  public void close() {}
}
