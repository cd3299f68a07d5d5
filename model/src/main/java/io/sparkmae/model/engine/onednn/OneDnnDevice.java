package io.sparkmae.model.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;

import io.sparkmae.model.engine.device.Activation;
import io.sparkmae.model.engine.device.AdamWRange;
import io.sparkmae.model.engine.device.AdamWRates;
import io.sparkmae.model.engine.device.Address;
import io.sparkmae.model.engine.device.Affine;
import io.sparkmae.model.engine.device.Device;
import io.sparkmae.model.engine.device.Feed;
import io.sparkmae.model.engine.device.HostVector;
import io.sparkmae.model.engine.device.InTurn;
import io.sparkmae.model.engine.device.StreamGradient;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.TimedWork;
import io.sparkmae.model.engine.device.Type;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.bytedeco.dnnl.dnnl_version_t;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The processor as a device, by oneDNN.
 *
 * <p>Every primitive is made once and bound to its memory; oneDNN caches its code by shape. A
 * device belongs to one thread; two devices in two threads do not disturb each other.
 */
public final class OneDnnDevice implements Device {

  private final OneDnn dnn = new OneDnn();
  private final OneDnnElements elements = new OneDnnElements(dnn);
  private final OneDnnProducts products = new OneDnnProducts(dnn, elements);
  private final HostLoops loops;

  /**
   * Makes a device for the calling thread.
   *
   * @param threads threads of the loops in Java; oneDNN's own are set by OMP_NUM_THREADS
   */
  public OneDnnDevice(int threads) {
    loops = new HostLoops(threads);
  }

  OneDnnProducts products() {
    return products;
  }

  OneDnnElements elements() {
    return elements;
  }

  /** Returns whether oneDNN's library loads and the processor has at least AVX2. */
  public static boolean isAvailable() {
    try {
      return (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx2) == dnnl_cpu_isa_avx2;
    } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
      return false;
    }
  }

  /** Returns whether the processor has bf16 instructions; without them bf16 is slower than fp32. */
  public static boolean hasBf16() {
    int isa = dnnl_get_effective_cpu_isa();
    return (isa & dnnl_cpu_isa_avx512_core_bf16) == dnnl_cpu_isa_avx512_core_bf16;
  }

  /**
   * Returns oneDNN's instruction set as text. oneDNN chooses its code by it, and each code adds in
   * another order, so results differ in the last bits.
   */
  public static String instructions() {
    return "oneDNN isa 0x%x".formatted(dnnl_get_effective_cpu_isa());
  }

  /** Returns the library's version, such as 3.11.0, or {@code not loaded}. */
  public static String version() {
    try {
      dnnl_version_t version = dnnl_version();
      return "%d.%d.%d".formatted(version.major(), version.minor(), version.patch());
    } catch (LinkageError e) {
      return "not loaded";
    }
  }

  @Override
  public Runnable openPlan() {
    return dnn.openPlan();
  }

  @Override
  public Optional<Runnable> openPlanWithin(Runnable larger) {
    return Optional.of(dnn.openPlanWithin(larger));
  }

  @Override
  public Tensor allocate(Type type, long... shape) {
    return dnn.allocate(type, shape);
  }

  @Override
  public Tensor allocateResident(Type type, long... shape) {
    return dnn.allocateResident(type, shape);
  }

  /** Returns the host array itself: host and device are the same memory. */
  @Override
  public Tensor imageOf(INDArray host) {
    return Tensor.dense(Address.of(host), Type.of(host), host.shape());
  }

  @Override
  public Tensor residentImageOf(INDArray host) {
    return imageOf(host);
  }

  @Override
  public void upload(INDArray host) {}

  @Override
  public Feed feed(List<INDArray> hosts) {
    return new Feed() {};
  }

  @Override
  public void download(INDArray host) {
    await();
  }

  @Override
  public void await() {
    dnn.await();
  }

  @Override
  public Runnable linear(Tensor x, Tensor weight, Tensor bias, Tensor addend, Tensor y) {
    return products.linear(x, weight, bias, addend, y);
  }

  @Override
  public Runnable linearInputGradient(Tensor dy, Tensor weight, Tensor dx) {
    return products.linearInputGradient(dy, weight, dx);
  }

  @Override
  public Runnable linearWeightGradient(Tensor dy, Tensor x, Tensor dWeight, Tensor dBias) {
    return products.linearWeightGradient(dy, x, dWeight, dBias);
  }

  @Override
  public Runnable sumRows(Tensor x, Tensor y) {
    return products.sumRows(x, y);
  }

  @Override
  public Runnable patches(
      Tensor pixels, Tensor levels, Tensor order, long first, boolean turned, Tensor to) {
    if (to.type() == Type.F32) {
      return afterOneDnn(new HostPatches(loops, pixels, levels, order, (int) first, turned, to));
    }
    Tensor floats = allocate(Type.F32, to.shape());
    return InTurn.of(patches(pixels, levels, order, first, turned, floats), copy(floats, to));
  }

  @Override
  public Runnable tokens(
      Tensor known, long first, Tensor filler, Tensor positions, Tensor order, Tensor x) {
    return afterOneDnn(new HostTokens(loops, known, (int) first, filler, positions, order, x));
  }

  /** Returns {@code work} that first waits for oneDNN, whose results it reads. */
  private Runnable afterOneDnn(Runnable work) {
    return () -> {
      await();
      work.run();
    };
  }

  @Override
  public TimedWork inOrder(List<Runnable> works) {
    return new TimedTurn(works, this::await);
  }

  @Override
  public Runnable layerNorm(Tensor x, Affine layer, double eps, Tensor statistics, Tensor y) {
    return new OneDnnNorm(dnn, elements, x, layer, eps, statistics).forward(y);
  }

  @Override
  public Runnable layerNormGradient(
      Tensor x, Affine layer, double eps, Tensor statistics, Tensor dy, StreamGradient dx) {
    return new OneDnnNorm(dnn, elements, x, layer, eps, statistics).gradient(dy, dx);
  }

  @Override
  public Tensor attentionState(Tensor q, Tensor k) {
    long[] of = q.shape();
    return Tensor.dense(0, q.type(), of[0], of[1], of[2], k.shape()[2]);
  }

  @Override
  public Runnable attention(Tensor q, Tensor k, Tensor v, Tensor state, Tensor attended) {
    return OneDnnAttention.forward(this, loops.threads(), q, k, v, state, attended);
  }

  @Override
  public Runnable attentionGradient(
      Activation q, Activation k, Activation v, Tensor state, Activation attended) {
    return OneDnnAttention.backward(this, loops.threads(), q, k, v, state, attended.gradient());
  }

  @Override
  public Runnable gelu(Tensor x, Tensor y) {
    return elements.gelu(x, y);
  }

  @Override
  public Runnable geluGradient(Tensor x, Tensor dy, Tensor dx) {
    return elements.geluGradient(x, dy, dx);
  }

  @Override
  public Runnable copy(Tensor from, Tensor to) {
    return elements.copy(from, to);
  }

  @Override
  public Runnable accumulate(Tensor from, Tensor to) {
    return elements.accumulate(from, to);
  }

  @Override
  public Runnable squaredError(
      Tensor prediction, Tensor target, Tensor counted, Tensor loss, Tensor dPrediction) {
    HostVector predicted = new HostVector(prediction);
    HostVector wanted = new HostVector(target);
    HostVector gradient = new HostVector(dPrediction);
    FloatBuffer result = Address.buffer(loss);
    IntBuffer rows = Address.integers(counted);
    long columns = prediction.shape()[1];
    return () -> {
      await();
      long entries = rows.get(0) * columns;
      double sum = loops.squaredError(predicted, wanted, gradient, entries);
      result.put(0, (float) (sum / entries));
    };
  }

  @Override
  public Runnable scaleImages(Tensor x, Tensor scales, Tensor addend, Tensor y) {
    return afterOneDnn(HostClassifier.scaleImages(loops, x, scales, addend, y));
  }

  @Override
  public Runnable pool(Tensor x, long from, long to, Tensor y) {
    return afterOneDnn(HostClassifier.pool(loops, x, (int) from, (int) to, y));
  }

  @Override
  public Runnable poolGradient(Tensor dy, long from, long to, Tensor dx) {
    return afterOneDnn(HostClassifier.poolGradient(loops, dy, (int) from, (int) to, dx));
  }

  @Override
  public Runnable crossEntropy(
      Tensor logits, Tensor targets, Tensor counted, Tensor loss, Tensor dLogits) {
    return afterOneDnn(new HostCrossEntropy(logits, targets, counted, loss, dLogits));
  }

  @Override
  public void addShare(double share, Tensor from, Tensor addend, Tensor to) {
    await();
    HostVector added = addend == null ? null : new HostVector(addend);
    loops.addShare((float) share, new HostVector(from), added, new HostVector(to));
  }

  @Override
  public double sumOfSquares(Tensor x) {
    await();
    return loops.sumOfSquares(new HostVector(x));
  }

  @Override
  public ToDoubleFunction<AdamWRates> adamW(List<AdamWRange> ranges) {
    List<HostAdamW> vectors = ranges.stream().map(HostAdamW::of).toList();
    return rates -> {
      await();
      return loops.over(vectors.stream().map(range -> range.step(rates)).toList());
    };
  }

  @Override
  public void close() {
    loops.close();
    dnn.close();
  }
}
