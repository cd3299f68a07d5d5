package io.sparkmae.model.engine.cuda;

import static org.bytedeco.cuda.global.cublas.CUBLASLT_MATMUL_DESC_BIAS_POINTER;
import static org.bytedeco.cuda.global.cublas.CUBLASLT_MATMUL_DESC_EPILOGUE;
import static org.bytedeco.cuda.global.cublas.CUBLASLT_MATMUL_DESC_TRANSA;
import static org.bytedeco.cuda.global.cublas.CUBLASLT_MATMUL_DESC_TRANSB;
import static org.bytedeco.cuda.global.cublas.CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES;
import static org.bytedeco.cuda.global.cublas.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES;
import static org.bytedeco.cuda.global.cublas.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES;
import static org.bytedeco.cuda.global.cublas.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES;
import static org.bytedeco.cuda.global.cublas.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES;
import static org.bytedeco.cuda.global.cublas.CUBLAS_OP_N;
import static org.bytedeco.cuda.global.cublas.cublasLtMatmul;
import static org.bytedeco.cuda.global.cublas.cublasLtMatmulAlgoGetHeuristic;
import static org.bytedeco.cuda.global.cublas.cublasLtMatmulDescInit;
import static org.bytedeco.cuda.global.cublas.cublasLtMatmulDescSetAttribute;
import static org.bytedeco.cuda.global.cublas.cublasLtMatmulPreferenceInit;
import static org.bytedeco.cuda.global.cublas.cublasLtMatmulPreferenceSetAttribute;
import static org.bytedeco.cuda.global.cublas.cublasLtMatrixLayoutInit;
import static org.bytedeco.cuda.global.cudart.CUDA_R_32F;

import io.sparkmae.model.engine.cuda.CudaMatmul.Operand;
import io.sparkmae.model.engine.device.Address;
import io.sparkmae.model.engine.device.Tensor;
import java.util.Optional;
import org.bytedeco.cuda.cublas.cublasLtContext;
import org.bytedeco.cuda.cublas.cublasLtMatmulAlgo_t;
import org.bytedeco.cuda.cublas.cublasLtMatmulDescOpaque_t;
import org.bytedeco.cuda.cublas.cublasLtMatmulHeuristicResult_t;
import org.bytedeco.cuda.cublas.cublasLtMatmulPreferenceOpaque_t;
import org.bytedeco.cuda.cublas.cublasLtMatrixLayoutOpaque_t;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;

/** One product of cuBLASLt: c = a·b, or a·b + addend, with an epilogue. */
final class CudaProduct {

  private static final long ALIGNED = 256; // bytes, as cuBLAS assumes

  private final CudaMemory memory;
  private final Tensor a;
  private final Tensor b;
  private final Tensor addend; // c if there is none, and then not read
  private final Tensor c;
  private final float beta;
  private final cublasLtMatmulDescOpaque_t description;

  CudaProduct(CudaMemory memory, int compute, Tensor a, Tensor b, Tensor addend, Tensor c) {
    this.memory = memory;
    this.a = a;
    this.b = b;
    this.addend = addend == null ? c : addend;
    this.c = c;
    this.beta = addend == null ? 0 : 1;
    description = memory.keep(new cublasLtMatmulDescOpaque_t());
    Cuda.checkBlas(cublasLtMatmulDescInit(description, compute, CUDA_R_32F));
    // cuBLAS computes the transpose of c
    set(CUBLASLT_MATMUL_DESC_TRANSA, Operand.of(b).operation());
    set(CUBLASLT_MATMUL_DESC_TRANSB, Operand.of(a).operation());
  }

  /** Adds an epilogue that reads or writes {@code vector}; returns this. */
  CudaProduct with(int epilogue, Tensor vector) {
    set(CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue);
    try (LongPointer address = new LongPointer(new long[] {vector.address()})) {
      Cuda.checkBlas(
          cublasLtMatmulDescSetAttribute(
              description, CUBLASLT_MATMUL_DESC_BIAS_POINTER, address, Long.BYTES));
    }
    return this;
  }

  private void set(int attribute, int value) {
    try (IntPointer number = new IntPointer(new int[] {value})) {
      Cuda.checkBlas(cublasLtMatmulDescSetAttribute(description, attribute, number, Integer.BYTES));
    }
  }

  /** Returns the work, by the first algorithm that cuBLAS proposes; empty if it has none. */
  Optional<Runnable> planned(cublasLtContext context, Pointer workspace, CUstream_st stream) {
    Side first = side(b);
    Side second = side(a);
    Side added = side(addend);
    Side result = side(c);
    FloatPointer one = memory.keep(new FloatPointer(new float[] {1}));
    FloatPointer share = memory.keep(new FloatPointer(new float[] {beta}));
    return algorithm(context, first, second, added, result)
        .map(
            algorithm ->
                () ->
                    Cuda.checkBlas(
                        cublasLtMatmul(
                            context,
                            description,
                            one,
                            first.data,
                            first.layout,
                            second.data,
                            second.layout,
                            share,
                            added.data,
                            added.layout,
                            result.data,
                            result.layout,
                            algorithm,
                            workspace,
                            CudaMatmul.WORKSPACE,
                            stream)));
  }

  private Optional<cublasLtMatmulAlgo_t> algorithm(
      cublasLtContext context, Side first, Side second, Side added, Side result) {
    var found = memory.keep(new cublasLtMatmulHeuristicResult_t());
    int[] count = new int[1];
    try (cublasLtMatmulPreferenceOpaque_t preference = preference()) {
      int status =
          cublasLtMatmulAlgoGetHeuristic(
              context,
              description,
              first.layout,
              second.layout,
              added.layout,
              result.layout,
              preference,
              1,
              found,
              count);
      return status != 0 || count[0] == 0 ? Optional.empty() : Optional.of(found.algo());
    }
  }

  /** A matrix as cuBLAS takes it. */
  private record Side(Pointer data, cublasLtMatrixLayoutOpaque_t layout) {}

  private Side side(Tensor matrix) {
    return new Side(new Address(matrix.address()), operand(matrix));
  }

  /**
   * Returns a matrix's layout for cuBLAS, which is column-major: a row-major matrix is described as
   * its transpose.
   */
  private cublasLtMatrixLayoutOpaque_t operand(Tensor matrix) {
    Operand operand = Operand.of(matrix);
    boolean rowMajor = operand.operation() == CUBLAS_OP_N;
    var layout = memory.keep(new cublasLtMatrixLayoutOpaque_t());
    Cuda.checkBlas(
        cublasLtMatrixLayoutInit(
            layout,
            CudaMatmul.type(matrix),
            matrix.shape()[rowMajor ? 1 : 0],
            matrix.shape()[rowMajor ? 0 : 1],
            operand.stride()));
    return layout;
  }

  private cublasLtMatmulPreferenceOpaque_t preference() {
    var preference = new cublasLtMatmulPreferenceOpaque_t();
    Cuda.checkBlas(cublasLtMatmulPreferenceInit(preference));
    try (LongPointer bytes = new LongPointer(new long[] {CudaMatmul.WORKSPACE})) {
      Cuda.checkBlas(
          cublasLtMatmulPreferenceSetAttribute(
              preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, bytes, Long.BYTES));
    }
    align(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, b);
    align(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, a);
    align(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, addend);
    align(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, c);
    return preference;
  }

  private static void align(
      cublasLtMatmulPreferenceOpaque_t preference, int attribute, Tensor tensor) {
    int alignment = (int) Math.min(ALIGNED, Long.lowestOneBit(tensor.address()));
    try (IntPointer bytes = new IntPointer(new int[] {alignment})) {
      Cuda.checkBlas(
          cublasLtMatmulPreferenceSetAttribute(preference, attribute, bytes, Integer.BYTES));
    }
  }
}
