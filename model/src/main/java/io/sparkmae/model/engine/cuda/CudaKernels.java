package io.sparkmae.model.engine.cuda;

import static org.bytedeco.cuda.global.cudart.cuFuncSetAttribute;
import static org.bytedeco.cuda.global.cudart.cuLaunchKernel;
import static org.bytedeco.cuda.global.cudart.cuModuleGetFunction;
import static org.bytedeco.cuda.global.cudart.cuModuleLoadData;
import static org.bytedeco.cuda.global.cudart.cuModuleUnload;
import static org.bytedeco.cuda.global.nvrtc.nvrtcCompileProgram;
import static org.bytedeco.cuda.global.nvrtc.nvrtcCreateProgram;
import static org.bytedeco.cuda.global.nvrtc.nvrtcDestroyProgram;
import static org.bytedeco.cuda.global.nvrtc.nvrtcGetCUBIN;
import static org.bytedeco.cuda.global.nvrtc.nvrtcGetCUBINSize;
import static org.bytedeco.cuda.global.nvrtc.nvrtcGetErrorString;
import static org.bytedeco.cuda.global.nvrtc.nvrtcGetProgramLog;
import static org.bytedeco.cuda.global.nvrtc.nvrtcGetProgramLogSize;

import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.cudart.CUmod_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.nvrtc._nvrtcProgram;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.SizeTPointer;

/** The kernels of the {@code .cu} resources, compiled for this machine's GPU. */
final class CudaKernels implements AutoCloseable {

  static final int BLOCK = 256; // threads; most kernels rely on this number
  private static final long WARPS = BLOCK / 32;
  private static final long MOST_BLOCKS = 4096; // each kernel loops in strides over the rest
  private static final int DYNAMIC_SHARED_BYTES = 8; // of CUfunction_attribute
  private static final List<String> SOURCES =
      List.of("numbers.cu", "elements.cu", "norm.cu", "attention.cu", "optimiser.cu");
  private static final Map<Integer, byte[]> COMPILED = new ConcurrentHashMap<>();

  private final CUstream_st stream;
  private final CUmod_st module = new CUmod_st();
  private final Map<String, CUfunc_st> functions = new HashMap<>();
  private final Map<String, Integer> shared = new HashMap<>(); // bytes allowed, by kernel

  /**
   * The numbers of blocks and threads that run a kernel.
   *
   * @param sharedBytes dynamic shared memory of a block, beyond what the kernel's code declares
   */
  record Grid(long width, long height, int threads, int sharedBytes) {

    static Grid of(long width, long height) {
      return new Grid(width, height, BLOCK, 0);
    }

    /** Returns a grid with a warp for each of {@code count} pieces of work. */
    static Grid ofWarps(long count) {
      return of((count + WARPS - 1) / WARPS, 1);
    }

    /**
     * Returns a grid of at least {@code threads} threads, but of at most {@code MOST_BLOCKS}
     * blocks.
     */
    static Grid over(long threads) {
      return of(Math.max(1, Math.min(MOST_BLOCKS, (threads + BLOCK - 1) / BLOCK)), 1);
    }
  }

  /** Loads the kernels into the current device's context. */
  CudaKernels(int capability, CUstream_st stream) {
    this.stream = stream;
    byte[] cubin = COMPILED.computeIfAbsent(capability, CudaKernels::cachedOrCompiled);
    Cuda.checkDriver(cuModuleLoadData(module, new BytePointer(cubin)));
  }

  private static byte[] cachedOrCompiled(int capability) {
    String source = source();
    String key = "sm_%d %d %s".formatted(capability, Cuda.compilerVersion(), source);
    return CubinCache.get(key, () -> compile(capability, source));
  }

  private static byte[] compile(int capability, String source) {
    _nvrtcProgram program = new _nvrtcProgram();
    PointerPointer<Pointer> none = new PointerPointer<>((Pointer) null);
    check(
        nvrtcCreateProgram(
            program, new BytePointer(source), new BytePointer("kernels"), 0, none, none));
    try (PointerPointer<BytePointer> options =
            new PointerPointer<>("--gpu-architecture=sm_" + capability, "--std=c++17");
        SizeTPointer size = new SizeTPointer(1)) {
      if (nvrtcCompileProgram(program, 2, options) != 0) {
        throw new IllegalStateException("NVRTC cannot compile the kernels: " + log(program, size));
      }
      check(nvrtcGetCUBINSize(program, size));
      byte[] cubin = new byte[(int) size.get()];
      check(nvrtcGetCUBIN(program, cubin));
      return cubin;
    } finally {
      nvrtcDestroyProgram(program);
    }
  }

  private static String log(_nvrtcProgram program, SizeTPointer size) {
    check(nvrtcGetProgramLogSize(program, size));
    byte[] log = new byte[(int) size.get()];
    check(nvrtcGetProgramLog(program, log));
    return new String(log, StandardCharsets.UTF_8);
  }

  private static String source() {
    return SOURCES.stream().map(CudaKernels::resource).collect(Collectors.joining());
  }

  private static String resource(String name) {
    try (InputStream in = CudaKernels.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void check(int status) {
    if (status != 0) {
      throw new IllegalStateException("NVRTC: " + nvrtcGetErrorString(status).getString());
    }
  }

  /**
   * Returns work that launches a kernel; it may run any number of times.
   *
   * @param keep receives the native memory that must live as long as this work
   * @param arguments tensors, addresses and sizes as {@code Long}, {@code Float}, or pointers to
   *     values that change from run to run; null gives a null pointer
   */
  Runnable launch(UnaryOperator<Pointer> keep, String name, Grid grid, Object... arguments) {
    CUfunc_st function = functions.computeIfAbsent(name, this::function);
    allowShared(name, function, grid.sharedBytes());
    Pointer[] values = new Pointer[arguments.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = keep.apply(value(arguments[i]));
    }
    PointerPointer<Pointer> list = new PointerPointer<>(values);
    keep.apply(list);
    int x = Math.toIntExact(grid.width());
    int y = Math.toIntExact(grid.height());
    int sharedBytes = grid.sharedBytes();
    PointerPointer<Pointer> extra = new PointerPointer<>((Pointer) null);
    return () ->
        Cuda.checkDriver(
            cuLaunchKernel(
                function, x, y, 1, grid.threads(), 1, 1, sharedBytes, stream, list, extra));
  }

  /**
   * Raises a kernel's limit of dynamic shared memory where needed. The limit applies to all
   * launches of the kernel, so it is never lowered.
   */
  private void allowShared(String name, CUfunc_st function, int bytes) {
    if (bytes > shared.getOrDefault(name, 0)) {
      Cuda.checkDriver(cuFuncSetAttribute(function, DYNAMIC_SHARED_BYTES, bytes));
      shared.put(name, bytes);
    }
  }

  private static Pointer value(Object argument) {
    if (argument instanceof Pointer changing) {
      return changing;
    }
    if (argument instanceof Float number) {
      return new FloatPointer(new float[] {number});
    }
    long number =
        argument instanceof Tensor tensor
            ? tensor.address()
            : argument instanceof Long size ? size : 0; // null
    return new LongPointer(new long[] {number});
  }

  private CUfunc_st function(String name) {
    CUfunc_st function = new CUfunc_st();
    Cuda.checkDriver(cuModuleGetFunction(function, module, name));
    return function;
  }

  @Override
  public void close() {
    cuModuleUnload(module);
  }

  /** Returns the ending of a kernel's name for numbers of the tensor's type. */
  static String suffix(Tensor tensor) {
    return tensor.type() == Type.BF16 ? "_bf16" : "_float";
  }

  /** Returns the length of a row. */
  static long columns(Tensor matrix) {
    return matrix.shape()[matrix.shape().length - 1];
  }

  /** Whether 16 bytes can be read at once from the tensor's beginning. */
  static boolean isAligned(Tensor tensor) {
    return tensor.address() % 16 == 0;
  }
}
