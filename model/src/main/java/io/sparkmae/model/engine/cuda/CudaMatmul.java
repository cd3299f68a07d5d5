package io.sparkmae.model.engine.cuda;

import static org.bytedeco.cuda.global.cublas.CUBLASLT_EPILOGUE_BGRADB;
import static org.bytedeco.cuda.global.cublas.CUBLASLT_EPILOGUE_BIAS;
import static org.bytedeco.cuda.global.cublas.CUBLAS_COMPUTE_32F;
import static org.bytedeco.cuda.global.cublas.CUBLAS_COMPUTE_32F_FAST_TF32;
import static org.bytedeco.cuda.global.cublas.CUBLAS_GEMM_DEFAULT;
import static org.bytedeco.cuda.global.cublas.CUBLAS_OP_N;
import static org.bytedeco.cuda.global.cublas.CUBLAS_OP_T;
import static org.bytedeco.cuda.global.cublas.cublasCreate_v2;
import static org.bytedeco.cuda.global.cublas.cublasDestroy_v2;
import static org.bytedeco.cuda.global.cublas.cublasGemmBatchedEx;
import static org.bytedeco.cuda.global.cublas.cublasLtCreate;
import static org.bytedeco.cuda.global.cublas.cublasLtDestroy;
import static org.bytedeco.cuda.global.cublas.cublasSetStream_v2;
import static org.bytedeco.cuda.global.cublas.cublasSetWorkspace_v2;
import static org.bytedeco.cuda.global.cudart.CUDA_R_16BF;
import static org.bytedeco.cuda.global.cudart.CUDA_R_32F;

import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.device.Address;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;
import java.util.Optional;
import org.bytedeco.cuda.cublas.cublasContext;
import org.bytedeco.cuda.cublas.cublasLtContext;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * Products by cuBLAS, which sees a row-major matrix as its transpose: c = a·b is cᵀ = bᵀ·aᵀ.
 *
 * <p>Sums are fp32; fp32 operands are multiplied in fp32, or in TF32 if the device was opened for
 * that.
 */
final class CudaMatmul implements AutoCloseable {

  static final long WORKSPACE = 32 << 20; // bytes, as cuBLAS recommends for Hopper

  private final CUstream_st stream;
  private final int compute; // compute type for fp32 operands
  private final cublasContext context = new cublasContext();
  private final cublasLtContext light = new cublasLtContext();
  private final Pointer workspace;

  CudaMatmul(CUstream_st stream, CudaMemory memory, Precision precision) {
    this.stream = stream;
    compute = precision == Precision.TF32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
    Cuda.checkBlas(cublasCreate_v2(context));
    Cuda.checkBlas(cublasLtCreate(light));
    Cuda.checkBlas(cublasSetStream_v2(context, stream));
    workspace = new Address(memory.allocate(Type.F32, WORKSPACE / 4).address());
    // own workspace: the same bits each time
    Cuda.checkBlas(cublasSetWorkspace_v2(context, workspace, WORKSPACE));
  }

  /** The way cuBLAS reads a matrix with one dense axis. */
  record Operand(int operation, int stride) {

    static Operand of(long rows, long columns, long rowStride, long columnStride) {
      boolean rowMajor = columnStride == 1 && (rowStride >= columns || rows == 1);
      long stride = rowMajor ? Math.max(rowStride, columns) : Math.max(columnStride, rows);
      return new Operand(rowMajor ? CUBLAS_OP_N : CUBLAS_OP_T, Math.toIntExact(stride));
    }

    /** Returns the operand of a tensor's last two axes. */
    static Operand of(Tensor matrix) {
      int axis = matrix.shape().length - 2;
      return of(
          matrix.shape()[axis],
          matrix.shape()[axis + 1],
          matrix.strides()[axis],
          matrix.strides()[axis + 1]);
    }
  }

  /** Returns work for c = a·b; c is row-major. */
  Runnable product(CudaMemory memory, Tensor a, Tensor b, Tensor c) {
    return new CudaProduct(memory, compute, a, b, null, c)
        .planned(light, workspace, stream)
        .orElseThrow();
  }

  /** Returns work for c = a·b + bias + addend. The addend may be null; the bias has c's type. */
  Runnable product(CudaMemory memory, Tensor a, Tensor b, Tensor bias, Tensor addend, Tensor c) {
    return new CudaProduct(memory, compute, a, b, addend, c)
        .with(CUBLASLT_EPILOGUE_BIAS, bias)
        .planned(light, workspace, stream)
        .orElseThrow();
  }

  /**
   * Returns work for c = a·b and sums = the sums of a's rows; empty if cuBLAS cannot do both in one
   * pass.
   */
  Optional<Runnable> productAndSums(CudaMemory memory, Tensor a, Tensor b, Tensor sums, Tensor c) {
    return new CudaProduct(memory, compute, a, b, null, c)
        .with(CUBLASLT_EPILOGUE_BGRADB, sums)
        .planned(light, workspace, stream);
  }

  /**
   * Returns work for c = scale · a·b for each head of [N, H, rows, columns]; c's rows are dense.
   */
  Runnable heads(CudaMemory memory, Tensor a, Tensor b, double scale, Tensor c) {
    Operand left = Operand.of(a);
    Operand right = Operand.of(b);
    Operand result = Operand.of(c);
    int count = Math.toIntExact(c.shape()[0] * c.shape()[1]);
    int rows = Math.toIntExact(c.shape()[2]);
    int columns = Math.toIntExact(c.shape()[3]);
    int inner = Math.toIntExact(a.shape()[3]);
    FloatPointer factor = memory.keep(new FloatPointer(new float[] {(float) scale}));
    FloatPointer zero = memory.keep(new FloatPointer(new float[] {0}));
    PointerPointer<Pointer> pa = heads(memory, a);
    PointerPointer<Pointer> pb = heads(memory, b);
    PointerPointer<Pointer> pc = heads(memory, c);
    return () ->
        Cuda.checkBlas(
            cublasGemmBatchedEx(
                context,
                right.operation(),
                left.operation(),
                columns,
                rows,
                inner,
                factor,
                pb,
                type(b),
                right.stride(),
                pa,
                type(a),
                left.stride(),
                zero,
                pc,
                type(c),
                result.stride(),
                count,
                compute,
                CUBLAS_GEMM_DEFAULT));
  }

  // A PointerPointer, because JavaCPP passes the address of any other pointer instead of its value.
  private static PointerPointer<Pointer> heads(CudaMemory memory, Tensor tensor) {
    return memory.keep(new PointerPointer<>(new Address(memory.addresses(headsOf(tensor)))));
  }

  private static long[] headsOf(Tensor tensor) {
    int heads = Math.toIntExact(tensor.shape()[1]);
    long[] addresses = new long[Math.toIntExact(tensor.shape()[0]) * heads];
    for (int i = 0; i < addresses.length; i++) {
      long entry = i / heads * tensor.strides()[0] + i % heads * tensor.strides()[1];
      addresses[i] = tensor.address() + entry * tensor.type().bytes();
    }
    return addresses;
  }

  static int type(Tensor tensor) {
    return tensor.type() == Type.BF16 ? CUDA_R_16BF : CUDA_R_32F;
  }

  @Override
  public void close() {
    cublasLtDestroy(light);
    cublasDestroy_v2(context);
  }
}
