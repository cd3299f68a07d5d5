package io.sparkmae.model.engine.cuda;

import static org.bytedeco.cuda.global.cudart.cudaSetDevice;
import static org.bytedeco.cuda.global.cudart.cudaStreamCreate;
import static org.bytedeco.cuda.global.cudart.cudaStreamDestroy;
import static org.bytedeco.cuda.global.cudart.cudaStreamSynchronize;

import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.cuda.CudaKernels.Grid;
import io.sparkmae.model.engine.device.Activation;
import io.sparkmae.model.engine.device.AdamWRange;
import io.sparkmae.model.engine.device.AdamWRates;
import io.sparkmae.model.engine.device.Affine;
import io.sparkmae.model.engine.device.Device;
import io.sparkmae.model.engine.device.Feed;
import io.sparkmae.model.engine.device.InTurn;
import io.sparkmae.model.engine.device.StreamGradient;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.TimedWork;
import io.sparkmae.model.engine.device.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.DoublePointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * An NVIDIA GPU: products by cuBLAS, the rest by our own kernels, all on one stream; inputs come on
 * another.
 *
 * <p>Work is asynchronous. A device belongs to one thread at a time.
 */
public final class CudaDevice implements Device {

  private final int ordinal;
  private final CUstream_st stream = new CUstream_st();
  private final CUstream_st uploads = new CUstream_st();
  private final CudaMemory base;
  private final CudaKernels kernels;
  private final CudaMatmul matmul;
  private final CudaAttention attention;
  private final CudaSums sums = new CudaSums(this);
  private final List<CudaMemory> plans = new ArrayList<>();
  private final INDArray sum = Nd4j.createUninitializedDetached(DataType.FLOAT, 2); // one double
  private CudaMemory open;

  /** Opens GPU {@code ordinal} of those that the process sees, for products in a precision. */
  public CudaDevice(int ordinal, Precision precision) {
    this.ordinal = ordinal;
    Cuda.requireVisible(ordinal);
    enter();
    Cuda.check(cudaStreamCreate(stream));
    Cuda.check(cudaStreamCreate(uploads));
    base = new CudaMemory(stream);
    open = base;
    kernels = new CudaKernels(Cuda.capability(ordinal), stream);
    matmul = new CudaMatmul(stream, base, precision);
    attention =
        new CudaAttention(this, matmul, Cuda.capability(ordinal), Cuda.sharedBytes(ordinal));
  }

  /** Makes the GPU the calling thread's: tasks of one worker come on several threads. */
  private void enter() {
    Cuda.check(cudaSetDevice(ordinal));
  }

  @Override
  public Runnable openPlan() {
    enter();
    CudaMemory plan = new CudaMemory(stream);
    plans.add(plan);
    open = plan;
    return () -> {
      await();
      plan.close();
      plans.remove(plan);
    };
  }

  @Override
  public Tensor allocate(Type type, long... shape) {
    return open.allocate(type, shape);
  }

  @Override
  public Tensor allocateResident(Type type, long... shape) {
    enter();
    return base.allocate(type, shape);
  }

  @Override
  public Tensor imageOf(INDArray host) {
    return memoryOf(host).imageOf(host);
  }

  @Override
  public Tensor residentImageOf(INDArray host) {
    enter();
    return base.imageOf(host);
  }

  private CudaMemory memoryOf(INDArray host) {
    for (CudaMemory plan : plans) {
      if (plan.hasImageOf(host)) {
        return plan;
      }
    }
    return base.hasImageOf(host) ? base : open;
  }

  @Override
  public void upload(INDArray host) {
    enter();
    memoryOf(host).upload(host);
  }

  @Override
  public Feed feed(List<INDArray> hosts) {
    return new CudaFeed(this::enter, uploads, stream, open, hosts);
  }

  @Override
  public void download(INDArray host) {
    enter();
    memoryOf(host).download(host);
    await();
  }

  @Override
  public void await() {
    enter();
    Cuda.check(cudaStreamSynchronize(stream));
  }

  @Override
  public Runnable linear(Tensor x, Tensor weight, Tensor bias, Tensor addend, Tensor y) {
    if (y.type() == Type.F32) {
      return matmul.product(open, x, weight.transposed(), bias, addend, y);
    }
    Tensor typed = allocate(y.type(), bias.shape()); // cuBLAS wants the bias in y's type
    return InTurn.of(
        copy(bias, typed), matmul.product(open, x, weight.transposed(), typed, addend, y));
  }

  @Override
  public Runnable linearInputGradient(Tensor dy, Tensor weight, Tensor dx) {
    return matmul.product(open, dy, weight, dx);
  }

  @Override
  public Runnable linearWeightGradient(Tensor dy, Tensor x, Tensor dWeight, Tensor dBias) {
    return matmul
        .productAndSums(open, dy.transposed(), x, dBias, dWeight)
        .orElseGet(
            () -> InTurn.of(matmul.product(open, dy.transposed(), x, dWeight), sumRows(dy, dBias)));
  }

  @Override
  public Runnable sumRows(Tensor x, Tensor y) {
    return sums.ofRows(x, y);
  }

  @Override
  public Runnable patches(
      Tensor pixels, Tensor levels, Tensor order, long first, boolean turned, Tensor to) {
    return CudaTokens.patches(this, pixels, levels, order, first, turned, to);
  }

  @Override
  public Runnable tokens(
      Tensor known, long first, Tensor filler, Tensor positions, Tensor order, Tensor x) {
    return CudaTokens.tokens(this, known, first, filler, positions, order, x);
  }

  @Override
  public Runnable layerNorm(Tensor x, Affine layer, double eps, Tensor statistics, Tensor y) {
    return new CudaNorm(this, x, layer, eps, statistics).forward(y);
  }

  @Override
  public Runnable layerNormGradient(
      Tensor x, Affine layer, double eps, Tensor statistics, Tensor dy, StreamGradient dx) {
    return new CudaNorm(this, x, layer, eps, statistics).gradient(dy, dx);
  }

  @Override
  public Tensor attentionState(Tensor q, Tensor k) {
    return attention.state(q, k);
  }

  @Override
  public Runnable attention(Tensor q, Tensor k, Tensor v, Tensor state, Tensor attended) {
    return attention.forward(q, k, v, state, attended);
  }

  @Override
  public Runnable attentionGradient(
      Activation q, Activation k, Activation v, Tensor state, Activation attended) {
    return attention.gradient(q, k, v, state, attended);
  }

  @Override
  public Runnable gelu(Tensor x, Tensor y) {
    return elements("gelu" + CudaKernels.suffix(x), x, y);
  }

  @Override
  public Runnable geluGradient(Tensor x, Tensor dy, Tensor dx) {
    return elements("gelu_gradient" + CudaKernels.suffix(x), x, dy, dx);
  }

  /** A kernel that goes over dense tensors of one length, eight entries at a time if it can. */
  Runnable elements(String name, Tensor... tensors) {
    long n = tensors[0].length();
    long vectors = Arrays.stream(tensors).allMatch(CudaKernels::isAligned) ? n / 8 : 0;
    List<Object> arguments = new ArrayList<>(List.of(tensors));
    arguments.add(n);
    arguments.add(vectors);
    return launch(name, Grid.over(vectors > 0 ? vectors : n), arguments.toArray());
  }

  @Override
  public Runnable copy(Tensor from, Tensor to) {
    return new CudaCopy(this, "copy", from, to).planned();
  }

  @Override
  public Runnable accumulate(Tensor from, Tensor to) {
    return new CudaCopy(this, "accumulate", from, to).planned();
  }

  @Override
  public Runnable squaredError(
      Tensor prediction, Tensor target, Tensor counted, Tensor loss, Tensor dPrediction) {
    return sums.ofSquaredError(prediction, target, counted, loss, dPrediction, base.imageOf(sum));
  }

  @Override
  public void addShare(double share, Tensor from, Tensor addend, Tensor to) {
    enter();
    try (CudaMemory here = new CudaMemory(stream)) { // of the arguments
      long n = to.length();
      kernels
          .launch(here::keep, "add_share", Grid.over(n), from, addend, to, n, (float) share)
          .run();
    }
  }

  private double downloadedSum() {
    download(sum);
    return new DoublePointer(sum.data().pointer()).get();
  }

  @Override
  public double sumOfSquares(Tensor x) {
    enter();
    try (CudaMemory here = new CudaMemory(stream)) {
      CudaMemory plan = open;
      open = here;
      sums.ofSquares(x, base.imageOf(sum)).run();
      open = plan;
      return downloadedSum();
    }
  }

  @Override
  public ToDoubleFunction<AdamWRates> adamW(List<AdamWRange> ranges) {
    CudaAdamW pass = new CudaAdamW(ranges, base, kernels, base.imageOf(sum));
    return rates -> {
      enter();
      pass.run(rates);
      return downloadedSum();
    };
  }

  @Override
  public TimedWork inOrder(List<Runnable> works) {
    CudaRecording recording = new CudaRecording(works, stream);
    open.closeWith(recording::close);
    return recording;
  }

  /** A warp for each row of dense tensors. */
  Runnable rows(String name, long rows, Tensor... tensors) {
    List<Object> arguments = new ArrayList<>(List.of(tensors));
    arguments.add(rows);
    arguments.add(tensors[0].length() / rows);
    return launch(name + CudaKernels.suffix(tensors[0]), Grid.ofWarps(rows), arguments.toArray());
  }

  Runnable launch(String name, Grid grid, Object... arguments) {
    return kernels.launch(open::keep, name, grid, arguments);
  }

  /** The open plan's. */
  CudaMemory memory() {
    return open;
  }

  Tensor scratch(String role, Type type, long length) {
    return open.scratch(role, type, length);
  }

  @Override
  public void close() {
    await();
    List.copyOf(plans).forEach(CudaMemory::close);
    plans.clear();
    matmul.close();
    kernels.close();
    base.close();
    cudaStreamDestroy(stream);
    cudaStreamDestroy(uploads);
  }
}
