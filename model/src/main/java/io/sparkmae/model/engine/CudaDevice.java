package io.sparkmae.model.engine;

import static org.bytedeco.cuda.global.cudart.cudaSetDevice;
import static org.bytedeco.cuda.global.cudart.cudaStreamCreate;
import static org.bytedeco.cuda.global.cudart.cudaStreamDestroy;
import static org.bytedeco.cuda.global.cudart.cudaStreamSynchronize;

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
 * An NVIDIA GPU: products by cuBLAS, the rest by our own kernels, all on one stream.
 *
 * <p>Work is asynchronous. A device belongs to one thread at a time.
 */
final class CudaDevice implements Device {

  private static final long WARP = 32;
  private static final long SHARES = 64; // of the rows, in column sums
  private static final int SUM_BLOCKS = 256; // partial sums of a vector

  private final int ordinal;
  private final CUstream_st stream = new CUstream_st();
  private final CudaMemory base;
  private final CudaKernels kernels;
  private final CudaMatmul matmul;
  private final List<CudaMemory> plans = new ArrayList<>();
  private final INDArray sum = Nd4j.createUninitializedDetached(DataType.FLOAT, 2); // one double
  private CudaMemory open;

  /** The GPU {@code ordinal} of those that the process sees. */
  CudaDevice(int ordinal) {
    this.ordinal = ordinal;
    enter();
    Cuda.check(cudaStreamCreate(stream));
    base = new CudaMemory(stream);
    open = base;
    kernels = new CudaKernels(Cuda.capability(ordinal), stream);
    matmul = new CudaMatmul(stream, base);
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
    Runnable product = matmul.product(open, x, weight.transposed(), y);
    Runnable rest =
        elements("bias", y.type(), y.length(), y, bias, orNull(addend), y.length(), columns(y));
    return both(product, rest);
  }

  @Override
  public Runnable linearInputGradient(Tensor dy, Tensor weight, Tensor dx) {
    return matmul.product(open, dy, weight, dx);
  }

  @Override
  public Runnable linearWeightGradient(Tensor dy, Tensor x, Tensor dWeight) {
    return matmul.product(open, dy.transposed(), x, dWeight);
  }

  @Override
  public Runnable sumRows(Tensor x, Tensor y) {
    long rows = x.shape()[0];
    long columns = columns(x);
    long shares = shares(rows);
    Tensor partial = open.scratch("columns", Type.F32, shares * columns);
    Runnable sums =
        launch(
            "column_sums" + suffix(x.type()),
            columnBlocks(columns),
            shares,
            x,
            partial,
            rows,
            columns,
            x.strides()[0]);
    return both(sums, finish(partial, y, shares, columns));
  }

  private Runnable finish(Tensor partial, Tensor y, long shares, long columns) {
    return launch("sum_partials", CudaKernels.blocks(columns), 1, partial, y, shares, columns);
  }

  private static long shares(long rows) {
    return Math.max(1, Math.min(SHARES, rows / 32));
  }

  private static long columnBlocks(long columns) {
    return (columns + WARP - 1) / WARP;
  }

  @Override
  public Runnable fillRows(Tensor row, Tensor y) {
    return launch(
        "fill_rows",
        CudaKernels.blocks(y.length()),
        1,
        row,
        y,
        y.shape()[0],
        columns(y),
        y.strides()[0]);
  }

  @Override
  public Runnable layerNorm(
      Tensor x, Tensor weight, Tensor bias, double eps, Tensor statistics, Tensor y) {
    return rows(
        "layer_norm",
        y.type(),
        x,
        weight,
        bias,
        statistics,
        y,
        x.shape()[0],
        columns(x),
        (float) eps);
  }

  @Override
  public Runnable layerNormGradient(
      Tensor x,
      Tensor weight,
      double eps,
      Tensor statistics,
      Tensor dy,
      Tensor dx,
      Tensor dWeight,
      Tensor dBias) {
    long rows = x.shape()[0];
    long columns = columns(x);
    long shares = shares(rows);
    Tensor weights = open.scratch("norm weights", Type.F32, shares * columns);
    Tensor biases = open.scratch("norm biases", Type.F32, shares * columns);
    Runnable partial =
        launch(
            "layer_norm_weight" + suffix(dy.type()),
            columnBlocks(columns),
            shares,
            x,
            statistics,
            dy,
            weights,
            biases,
            rows,
            columns,
            (float) eps);
    Runnable input =
        rows(
            "layer_norm_input",
            dy.type(),
            x,
            weight,
            statistics,
            dy,
            dx,
            rows,
            columns,
            (float) eps);
    return all(
        partial,
        finish(weights, dWeight, shares, columns),
        finish(biases, dBias, shares, columns),
        input);
  }

  @Override
  public Runnable attention(Tensor q, Tensor k, Tensor v, Tensor probabilities, Tensor attended) {
    return all(
        matmul.heads(open, q, k.transposed(), scale(q), probabilities),
        softmax(probabilities),
        matmul.heads(open, probabilities, v, 1, attended));
  }

  private Runnable softmax(Tensor x) {
    long columns = x.shape()[3];
    return rows("softmax", x.type(), x, x.length() / columns, columns);
  }

  @Override
  public Runnable attentionGradient(
      Activation q, Activation k, Activation v, Tensor probabilities, Tensor dAttended) {
    Tensor p = probabilities;
    Tensor dP = open.scratch("d attention", p.type(), p.length()).reshape(p.shape());
    double scale = scale(q.value());
    long columns = p.shape()[3];
    return all(
        matmul.heads(open, dAttended, v.value().transposed(), 1, dP),
        matmul.heads(open, p.transposed(), dAttended, 1, v.gradient()),
        rows("softmax_gradient", p.type(), p, dP, p.length() / columns, columns),
        matmul.heads(open, dP, k.value(), scale, q.gradient()),
        matmul.heads(open, dP.transposed(), q.value(), scale, k.gradient()));
  }

  private static double scale(Tensor q) {
    return 1 / Math.sqrt(q.shape()[3]);
  }

  @Override
  public Runnable gelu(Tensor x, Tensor y) {
    return elements("gelu", x.type(), x.length(), x, y, x.length());
  }

  @Override
  public Runnable geluGradient(Tensor x, Tensor dy, Tensor dx) {
    return elements("gelu_gradient", x.type(), x.length(), x, dy, dx, x.length());
  }

  @Override
  public Runnable add(Tensor a, Tensor b, Tensor y) {
    return launch("add_row", CudaKernels.blocks(a.length()), 1, a, b, y, a.length(), b.length());
  }

  @Override
  public Runnable copy(Tensor from, Tensor to) {
    return strided("copy", from, to);
  }

  @Override
  public Runnable accumulate(Tensor from, Tensor to) {
    return strided("accumulate", from, to);
  }

  private Runnable strided(String operation, Tensor from, Tensor to) {
    String types = suffix(from.type()) + suffix(to.type());
    long n = from.length();
    if (from.isDense() && to.isDense()) {
      return launch(operation + "_flat" + types, CudaKernels.blocks(n), 1, from, to, n);
    }
    if (n >= 1L << 32) {
      throw new IllegalArgumentException(
          "Cannot copy %s: %d entries (at most 2³² on a GPU; take a smaller batch)"
              .formatted(from, n));
    }
    long[] shape = four(from.shape(), 1);
    long[] f = four(from.strides(), 0);
    long[] t = four(to.strides(), 0);
    return launch(
        operation + types,
        CudaKernels.blocks(n),
        1,
        from,
        to,
        shape[1],
        shape[2],
        shape[3],
        n,
        f[0],
        f[1],
        f[2],
        f[3],
        t[0],
        t[1],
        t[2],
        t[3]);
  }

  private static long[] four(long[] values, long filling) {
    long[] four = new long[4];
    Arrays.fill(four, filling);
    System.arraycopy(values, 0, four, 4 - values.length, values.length);
    return four;
  }

  @Override
  public Runnable squaredError(Tensor prediction, Tensor target, Tensor loss, Tensor dPrediction) {
    long n = prediction.length();
    Tensor partial = partialSums(SUM_BLOCKS);
    Runnable sums =
        launch("squared_error", SUM_BLOCKS, 1, prediction, target, dPrediction, partial, n, 2f / n);
    return both(sums, finishSum(partial, SUM_BLOCKS, loss, n));
  }

  private Tensor partialSums(long count) {
    return open.scratch("sums", Type.F32, 2 * count);
  }

  private Runnable finishSum(Tensor partial, long count, Tensor mean, long length) {
    return launch("finish_sum", 1, 1, partial, base.imageOf(sum), orNull(mean), count, length);
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
      Tensor partial = partialSums(SUM_BLOCKS);
      launch("squares", SUM_BLOCKS, 1, x, partial, x.length()).run();
      finishSum(partial, SUM_BLOCKS, null, 1).run();
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

  private Runnable elements(String name, Type type, long n, Object... arguments) {
    return launch(name + suffix(type), CudaKernels.blocks(n), 1, arguments);
  }

  /** A warp for each row; the last two sizes are rows and columns, before an eps. */
  private Runnable rows(String name, Type type, Object... arguments) {
    int last = arguments.length - (arguments[arguments.length - 1] instanceof Float ? 2 : 1);
    long rows = (Long) arguments[last - 1];
    return launch(name + suffix(type), (rows * WARP + 255) / 256, 1, arguments);
  }

  private Runnable launch(String name, long width, long height, Object... arguments) {
    return kernels.launch(open::keep, name, width, height, arguments);
  }

  private static Object orNull(Tensor tensor) {
    return tensor == null ? 0L : tensor;
  }

  private static String suffix(Type type) {
    return type == Type.BF16 ? "_bf16" : "_float";
  }

  private static long columns(Tensor matrix) {
    return matrix.shape()[matrix.shape().length - 1];
  }

  private static Runnable both(Runnable first, Runnable second) {
    return () -> {
      first.run();
      second.run();
    };
  }

  private static Runnable all(Runnable... works) {
    return () -> {
      for (Runnable work : works) {
        work.run();
      }
    };
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
  }
}
