package io.sparkmae.model.engine;

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

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
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

/** The kernels of {@code kernels.cu}, compiled for the GPU that is here. */
final class CudaKernels implements AutoCloseable {

  private static final int BLOCK = 256; // threads; kernels.cu counts on it
  private static final long MOST_BLOCKS = 4096; // kernels go on in strides
  private static final Map<Integer, byte[]> COMPILED = new ConcurrentHashMap<>();

  private final CUstream_st stream;
  private final CUmod_st module = new CUmod_st();
  private final Map<String, CUfunc_st> functions = new HashMap<>();

  /** The kernels, in the current device's context. */
  CudaKernels(int capability, CUstream_st stream) {
    this.stream = stream;
    byte[] cubin = COMPILED.computeIfAbsent(capability, CudaKernels::compile);
    Cuda.checkDriver(cuModuleLoadData(module, new BytePointer(cubin)));
  }

  private static byte[] compile(int capability) {
    _nvrtcProgram program = new _nvrtcProgram();
    PointerPointer<Pointer> none = new PointerPointer<>((Pointer) null);
    check(
        nvrtcCreateProgram(
            program, new BytePointer(source()), new BytePointer("kernels.cu"), 0, none, none));
    try (PointerPointer<BytePointer> options =
            new PointerPointer<>("--gpu-architecture=sm_" + capability, "--std=c++17");
        SizeTPointer size = new SizeTPointer(1)) {
      if (nvrtcCompileProgram(program, 2, options) != 0) {
        check(nvrtcGetProgramLogSize(program, size));
        byte[] log = new byte[(int) size.get()];
        check(nvrtcGetProgramLog(program, log));
        throw new IllegalStateException(
            "NVRTC cannot compile kernels.cu: " + new String(log, StandardCharsets.UTF_8));
      }
      check(nvrtcGetCUBINSize(program, size));
      byte[] cubin = new byte[(int) size.get()];
      check(nvrtcGetCUBIN(program, cubin));
      return cubin;
    } finally {
      nvrtcDestroyProgram(program);
    }
  }

  private static String source() {
    try (InputStream in = CudaKernels.class.getResourceAsStream("kernels.cu")) {
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

  /** Blocks for {@code threads} threads, as far as they are worth it. */
  static long blocks(long threads) {
    return Math.max(1, Math.min(MOST_BLOCKS, (threads + BLOCK - 1) / BLOCK));
  }

  /**
   * A launch of a kernel, any number of times.
   *
   * @param keep takes what must live as long as the launch
   * @param arguments tensors, addresses and sizes as {@code Long}, {@code Float}, or pointers to
   *     such that change from run to run
   */
  Runnable launch(
      UnaryOperator<Pointer> keep, String name, long width, long height, Object... arguments) {
    CUfunc_st function = functions.computeIfAbsent(name, this::function);
    Pointer[] values = new Pointer[arguments.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = keep.apply(value(arguments[i]));
    }
    PointerPointer<Pointer> list = new PointerPointer<>(values);
    keep.apply(list);
    int x = Math.toIntExact(width);
    int y = Math.toIntExact(height);
    PointerPointer<Pointer> extra = new PointerPointer<>((Pointer) null);
    return () ->
        Cuda.checkDriver(cuLaunchKernel(function, x, y, 1, BLOCK, 1, 1, 0, stream, list, extra));
  }

  private static Pointer value(Object argument) {
    if (argument instanceof Pointer changing) {
      return changing;
    }
    if (argument instanceof Float number) {
      return new FloatPointer(new float[] {number});
    }
    long number = argument instanceof Tensor tensor ? tensor.address() : (Long) argument;
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
}
