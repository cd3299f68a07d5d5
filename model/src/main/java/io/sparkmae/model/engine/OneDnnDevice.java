package io.sparkmae.model.engine;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.eltwise_backward;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.softmax_backward;
import org.bytedeco.dnnl.softmax_forward;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The processor, by oneDNN.
 *
 * <p>Every primitive is made once and bound to its memory; oneDNN caches its code by shape. A
 * device belongs to one thread; two devices in two threads do not disturb each other.
 */
final class OneDnnDevice implements Device {

  private static final int ALIGNMENT = 64; // a cache line, and one AVX-512 register
  // sgemm packs a long, wide and transposed operand slowly: there the matmul primitive is faster
  private static final int ROWS_OF_SGEMM = 512;

  private final engine cpu = new engine(engine.kind.cpu, 0);
  private final stream stream = new stream(cpu);
  private final HostLoops loops;
  private final List<List<Pointer>> plans = new ArrayList<>();
  private final Map<String, Tensor> scratch = new HashMap<>(); // of the open plan
  private List<Pointer> open = new ArrayList<>(List.of(cpu, stream));

  /**
   * A device for the calling thread.
   *
   * @param threads for the loops in Java; oneDNN's own are OMP_NUM_THREADS
   */
  OneDnnDevice(int threads) {
    loops = new HostLoops(threads);
    plans.add(open);
  }

  /** Whether oneDNN's library loads, and finds at least AVX2. */
  static boolean isAvailable() {
    try {
      return (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx2) == dnnl_cpu_isa_avx2;
    } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
      return false;
    }
  }

  /** Whether the processor multiplies bf16 itself; without that bf16 is slower than fp32. */
  static boolean hasBf16() {
    int isa = dnnl_get_effective_cpu_isa();
    return (isa & dnnl_cpu_isa_avx512_core_bf16) == dnnl_cpu_isa_avx512_core_bf16;
  }

  @Override
  public Tensor allocate(Type type, long... shape) {
    long bytes = Tensor.dense(0, type, shape).length() * type.bytes();
    BytePointer memory = keep(new BytePointer(bytes + ALIGNMENT));
    Pointer.memset(memory, 0, memory.capacity());
    long aligned = (memory.address() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return Tensor.dense(aligned, type, shape);
  }

  Tensor scratch(String role, long... shape) {
    return scratch.computeIfAbsent(role + Arrays.toString(shape), key -> allocate(Type.F32, shape));
  }

  /** The host array itself: there is only one memory. */
  @Override
  public Tensor imageOf(INDArray host) {
    return Tensor.dense(host.data().address(), Type.of(host), host.shape());
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
    stream._wait();
  }

  @Override
  public Runnable linear(Tensor x, Tensor weight, Tensor bias, Tensor addend, Tensor y) {
    primitive_attr attributes = keep(new primitive_attr());
    Map<Integer, Tensor> arguments = arguments(x, weight.transposed(), y);
    arguments.put(DNNL_ARG_BIAS, bias.reshape(1, bias.length()));
    if (addend != null) {
      post_ops sum = keep(new post_ops());
      sum.append_binary(algorithm.binary_add, description(addend));
      attributes.set_post_ops(sum);
      arguments.put(DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE | DNNL_ARG_SRC_1, addend);
    }
    matmul.primitive_desc description =
        keep(
            new matmul.primitive_desc(
                cpu,
                description(x),
                description(weight.transposed()),
                description(arguments.get(DNNL_ARG_BIAS)),
                description(y),
                attributes,
                false));
    return bind(new matmul(description), arguments);
  }

  @Override
  public Runnable linearInputGradient(Tensor dy, Tensor weight, Tensor dx) {
    return dense2d(dy, weight, dx);
  }

  @Override
  public Runnable linearWeightGradient(Tensor dy, Tensor x, Tensor dWeight, Tensor dBias) {
    long rows = dy.shape()[0];
    boolean widens = dy.shape()[1] > x.shape()[1];
    Runnable product =
        rows > ROWS_OF_SGEMM && widens
            ? product(dy.transposed(), x, 1, dWeight)
            : dense2d(dy.transposed(), x, dWeight);
    return InTurn.of(product, sumRows(dy, dBias));
  }

  /** c = a·b by the classic sgemm in fp32, which is up to a fifth faster than the primitive. */
  private Runnable dense2d(Tensor a, Tensor b, Tensor c) {
    if (a.type() != Type.F32 || b.type() != Type.F32) {
      return product(a, b, 1, c);
    }
    boolean aTransposed = a.strides()[0] == 1;
    byte transA = (byte) (aTransposed ? 'T' : 'N');
    long lda = a.strides()[aTransposed ? 1 : 0];
    long rows = c.shape()[0];
    long columns = c.shape()[1];
    long inner = a.shape()[1];
    FloatPointer pa = floats(a);
    FloatPointer pb = floats(b);
    FloatPointer pc = floats(c);
    long ldb = b.strides()[0];
    long ldc = c.strides()[0];
    return () ->
        dnnl_sgemm(transA, (byte) 'N', rows, columns, inner, 1, pa, lda, pb, ldb, 0, pc, ldc);
  }

  /** c = scale · a·b for each matrix of a batch; any strides. */
  Bound product(Tensor a, Tensor b, double scale, Tensor c) {
    primitive_attr attributes = keep(new primitive_attr());
    if (scale != 1) {
      post_ops linear = keep(new post_ops());
      linear.append_eltwise(algorithm.eltwise_linear, (float) scale, 0);
      attributes.set_post_ops(linear);
    }
    matmul.primitive_desc description =
        keep(
            new matmul.primitive_desc(
                cpu, description(a), description(b), description(c), attributes, false));
    return bind(new matmul(description), arguments(a, b, c));
  }

  @Override
  public Runnable sumRows(Tensor x, Tensor y) {
    return product(ones(x.type(), 1, x.shape()[0]), x, 1, y.reshape(1, y.length()));
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

  /** Work of this thread's, which reads what oneDNN may still be writing. */
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

  private Tensor ones(Type type, long... shape) {
    Tensor ones = allocate(Type.F32, shape);
    floats(ones).put(filled(Math.toIntExact(ones.length())), 0, Math.toIntExact(ones.length()));
    if (type == Type.F32) {
      return ones;
    }
    Tensor converted = allocate(type, shape);
    copy(ones, converted).run();
    return converted;
  }

  private static float[] filled(int length) {
    float[] ones = new float[length];
    Arrays.fill(ones, 1);
    return ones;
  }

  @Override
  public Runnable layerNorm(Tensor x, Affine layer, double eps, Tensor statistics, Tensor y) {
    return new OneDnnNorm(this, x, layer, eps, statistics).forward(y);
  }

  @Override
  public Runnable layerNormGradient(
      Tensor x, Affine layer, double eps, Tensor statistics, Tensor dy, StreamGradient dx) {
    return new OneDnnNorm(this, x, layer, eps, statistics).gradient(dy, dx);
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

  /** Softmax along the last axis; y may be x. */
  Bound softmax(Tensor x, Tensor y) {
    return bind(new softmax_forward(softmaxOf(x, y)), arguments(x, y));
  }

  private softmax_forward.primitive_desc softmaxOf(Tensor x, Tensor y) {
    return keep(
        new softmax_forward.primitive_desc(
            cpu,
            prop_kind.forward_training,
            algorithm.softmax_accurate,
            description(x),
            description(y),
            x.shape().length - 1));
  }

  /** Gradient of {@link #softmax} from its result y; dx may be dy. */
  Bound softmaxGradient(Tensor y, Tensor dy, Tensor dx) {
    softmax_backward.primitive_desc description =
        keep(
            new softmax_backward.primitive_desc(
                cpu,
                algorithm.softmax_accurate,
                description(dx),
                description(dy),
                description(y),
                y.shape().length - 1,
                softmaxOf(y, y)));
    Map<Integer, Tensor> arguments = new LinkedHashMap<>();
    arguments.put(DNNL_ARG_DST, y);
    arguments.put(DNNL_ARG_DIFF_DST, dy);
    arguments.put(DNNL_ARG_DIFF_SRC, dx);
    return bind(new softmax_backward(description), arguments);
  }

  @Override
  public Runnable gelu(Tensor x, Tensor y) {
    return bind(new eltwise_forward(geluOf(x)), arguments(x, y));
  }

  private eltwise_forward.primitive_desc geluOf(Tensor x) {
    return keep(
        new eltwise_forward.primitive_desc(
            cpu,
            prop_kind.forward_training,
            algorithm.eltwise_gelu_erf,
            description(x),
            description(x)));
  }

  @Override
  public Runnable geluGradient(Tensor x, Tensor dy, Tensor dx) {
    eltwise_backward.primitive_desc description =
        keep(
            new eltwise_backward.primitive_desc(
                cpu,
                algorithm.eltwise_gelu_erf,
                description(dx),
                description(dy),
                description(x),
                geluOf(x)));
    Map<Integer, Tensor> arguments = new LinkedHashMap<>();
    arguments.put(DNNL_ARG_SRC, x);
    arguments.put(DNNL_ARG_DIFF_DST, dy);
    arguments.put(DNNL_ARG_DIFF_SRC, dx);
    return bind(new eltwise_backward(description), arguments);
  }

  @Override
  public Runnable copy(Tensor from, Tensor to) {
    return reorder(from, to, keep(new primitive_attr()));
  }

  @Override
  public Runnable accumulate(Tensor from, Tensor to) {
    primitive_attr attributes = keep(new primitive_attr());
    post_ops sum = keep(new post_ops());
    sum.append_sum();
    attributes.set_post_ops(sum);
    return reorder(from, to, attributes);
  }

  private Runnable reorder(Tensor from, Tensor to, primitive_attr attributes) {
    reorder.primitive_desc description =
        keep(
            new reorder.primitive_desc(
                cpu, description(from), cpu, description(to), attributes, false));
    return bind(new reorder(description), arguments(from, to));
  }

  @Override
  public Runnable squaredError(Tensor prediction, Tensor target, Tensor loss, Tensor dPrediction) {
    FloatBuffer predicted = Address.buffer(prediction);
    FloatBuffer wanted = Address.buffer(target);
    FloatBuffer gradient = Address.buffer(dPrediction);
    FloatBuffer result = Address.buffer(loss);
    float scale = 2f / prediction.length();
    return () -> {
      await();
      double sum = loops.squaredError(predicted, wanted, gradient, scale);
      result.put(0, (float) (sum / predicted.capacity()));
    };
  }

  @Override
  public double sumOfSquares(Tensor x) {
    await();
    return loops.sumOfSquares(Address.buffer(x));
  }

  @Override
  public ToDoubleFunction<AdamWRates> adamW(List<AdamWRange> ranges) {
    return rates -> {
      await();
      double squares = 0;
      for (AdamWRange range : ranges) {
        squares += adamW(range, rates);
      }
      return squares;
    };
  }

  private double adamW(AdamWRange range, AdamWRates rates) {
    return loops.adamW(
        Address.buffer(range.params()),
        Address.buffer(range.gradients()),
        Address.buffer(range.expAvg()),
        Address.buffer(range.expAvgSq()),
        rates,
        range.decays());
  }

  private static Map<Integer, Tensor> arguments(Tensor a, Tensor b, Tensor c) {
    Map<Integer, Tensor> arguments = new LinkedHashMap<>();
    arguments.put(DNNL_ARG_SRC, a);
    arguments.put(DNNL_ARG_WEIGHTS, b);
    arguments.put(DNNL_ARG_DST, c);
    return arguments;
  }

  private static Map<Integer, Tensor> arguments(Tensor from, Tensor to) {
    Map<Integer, Tensor> arguments = new LinkedHashMap<>();
    arguments.put(DNNL_ARG_SRC, from);
    arguments.put(DNNL_ARG_DST, to);
    return arguments;
  }

  Bound bind(primitive operation, Map<Integer, Tensor> arguments) {
    Bound bound = new Bound(keep(operation), stream, keep(new IntMemoryMap()));
    arguments.forEach(
        (index, tensor) ->
            bound.put(
                index, keep(new memory(description(tensor), cpu, new Address(tensor.address())))));
    return bound;
  }

  memory.desc description(Tensor tensor) {
    memory.data_type type =
        tensor.type() == Type.F32 ? memory.data_type.f32 : memory.data_type.bf16;
    return keep(new memory.desc(tensor.shape(), type, tensor.strides()));
  }

  private FloatPointer floats(Tensor tensor) {
    return keep(Address.floats(tensor.address()));
  }

  engine cpu() {
    return cpu;
  }

  <P extends Pointer> P keep(P pointer) {
    open.add(pointer);
    return pointer;
  }

  @Override
  public Runnable openPlan() {
    List<Pointer> plan = new ArrayList<>();
    plans.add(plan);
    open = plan;
    scratch.clear();
    return () -> {
      free(plan);
      plans.remove(plan);
    };
  }

  /** Last made, first freed; memory goes back at once and not when Java's collector finds time. */
  private static void free(List<Pointer> plan) {
    for (int i = plan.size() - 1; i >= 0; i--) {
      plan.get(i).deallocate();
    }
    plan.clear();
  }

  @Override
  public void close() {
    loops.close();
    for (int i = plans.size() - 1; i >= 0; i--) {
      free(plans.get(i));
    }
  }
}
