// cuBLAS and cuBLASLt: plain products, with sums in fp32. Matrices are column-major, as theirs.
#include "numbers.h"
#include "stream.h"
#include <cstdint>
#include <vector>

enum { F32 = 0, COMPUTE_TF32 = 77, EPILOGUE_BIAS = 4, EPILOGUE_SUMS_OF_B = 512, INVALID = 7, UNSUPPORTED = 15 };
enum { TRANSPOSE_A = 3, TRANSPOSE_B = 4, EPILOGUE = 7, VECTOR = 8 }; // attributes of a product

struct Layout { // lies in cublasLtMatrixLayoutOpaque_t
  int type;
  uint64_t rows, columns;
  int64_t stride;
};
struct Description { // lies in cublasLtMatmulDescOpaque_t
  int compute, epilogue, turned_a, turned_b;
  void *vector;
};
struct Matrix {
  const void *data;
  int type;
  int64_t stride;
  bool turned;
};
struct cublasContext {
  CUstream_st *stream;
};

static float read(const void *p, int type, size_t i) {
  return type == F32 ? ((const float *)p)[i] : on_cpu::of_bf16(((const uint16_t *)p)[i]);
}
static void write(void *p, int type, size_t i, float v) {
  if (type == F32)
    ((float *)p)[i] = v;
  else
    ((uint16_t *)p)[i] = on_cpu::to_bf16(v);
}

// The matrix, or its transpose if `turned` is not as it lies, in dense columns of `rows`.
static std::vector<float> dense(const Matrix &m, size_t rows, size_t columns, bool turned, int compute) {
  std::vector<float> out(rows * columns);
  for (size_t j = 0; j < columns; j++)
    for (size_t i = 0; i < rows; i++) {
      float v = read(m.data, m.type, turned ? j + i * m.stride : i + j * m.stride);
      bool tf32 = compute == COMPUTE_TF32 && m.type == F32;
      out[j * rows + i] = tf32 ? on_cpu::as_float(on_cpu::rounded(v, 13)) : v;
    }
  return out;
}

// d [m, n] = alpha · a [m, k] · b [k, n] + beta · c + bias; sums [n] = those of b's columns.
static void product(size_t m, size_t n, size_t k, float alpha, const Matrix &a, const Matrix &b, float beta, const Matrix &c,
                    void *d, int64_t stride, int compute, const void *bias, void *sums) {
  std::vector<float> left = dense(a, m, k, a.turned, compute), right = dense(b, k, n, b.turned, compute), column(m);
  for (size_t j = 0; j < n; j++) {
    float sum = 0;
    column.assign(m, 0);
    for (size_t p = 0; p < k; p++) {
      float v = right[j * k + p];
      const float *from = &left[p * m];
      for (size_t i = 0; i < m; i++) column[i] += from[i] * v;
      sum += v;
    }
    for (size_t i = 0; i < m; i++) {
      float v = alpha * column[i] + (beta == 0 ? 0 : beta * read(c.data, c.type, i + j * c.stride));
      write(d, c.type, i + j * stride, bias ? v + read(bias, c.type, i) : v);
    }
    if (sums) write(sums, c.type, j, sum);
  }
}

extern "C" {

size_t cublasGetCudartVersion() { return 13010; }
const char *cublasGetStatusString(int) { return "an error of cuda-on-cpu"; }
int cublasCreate_v2(cublasContext **context) {
  *context = new cublasContext();
  return 0;
}
int cublasDestroy_v2(cublasContext *context) {
  delete context;
  return 0;
}
int cublasSetStream_v2(cublasContext *context, CUstream_st *stream) {
  context->stream = stream;
  return 0;
}
int cublasSetWorkspace_v2(cublasContext *, void *, size_t) { return 0; }
int cublasGemmBatchedEx(cublasContext *context, int ta, int tb, int m, int n, int k, const float *alpha, const void *const a[],
                        int type_a, int lda, const void *const b[], int type_b, int ldb, const float *beta, void *const c[],
                        int type_c, int ldc, int count, int compute, int) {
  if (lda < (ta ? k : m) || ldb < (tb ? n : k) || ldc < m) return INVALID;
  enqueue(context->stream, [=, share = *alpha, old = *beta] {
    for (int i = 0; i < count; i++)
      product(m, n, k, share, {a[i], type_a, lda, ta != 0}, {b[i], type_b, ldb, tb != 0}, old, {c[i], type_c, ldc, false}, c[i],
              ldc, compute, nullptr, nullptr);
  });
  return 0;
}

int cublasLtCreate(cublasContext **context) { return cublasCreate_v2(context); }
int cublasLtDestroy(cublasContext *context) { return cublasDestroy_v2(context); }
int cublasLtMatmulDescInit_internal(Description *product, size_t, int compute, int) {
  *product = {compute, 1, 0, 0, nullptr};
  return 0;
}
int cublasLtMatmulDescSetAttribute(Description *product, int attribute, const void *value, size_t) {
  switch (attribute) {
  case TRANSPOSE_A: product->turned_a = *(const int *)value; return 0;
  case TRANSPOSE_B: product->turned_b = *(const int *)value; return 0;
  case EPILOGUE: product->epilogue = *(const int *)value; return 0;
  case VECTOR: product->vector = *(void *const *)value; return 0;
  }
  return INVALID;
}
int cublasLtMatrixLayoutInit_internal(Layout *layout, size_t, int type, uint64_t rows, uint64_t columns, int64_t stride) {
  *layout = {type, rows, columns, stride};
  return stride >= (int64_t)rows ? 0 : INVALID;
}
int cublasLtMatmulPreferenceInit_internal(void *, size_t) { return 0; }
int cublasLtMatmulPreferenceSetAttribute(void *, int, const void *, size_t) { return 0; }

// With seed 1 the sums of fp32 are missing, as some versions and GPUs miss them.
static bool can(const Description *product, const Layout *a, const Layout *b, const Layout *c, const Layout *d) {
  uint64_t k = product->turned_a ? a->rows : a->columns;
  return (product->turned_b ? b->columns : b->rows) == k && (product->turned_a ? a->columns : a->rows) == d->rows &&
         (product->turned_b ? b->rows : b->columns) == d->columns && c->rows == d->rows && c->columns == d->columns &&
         c->type == d->type && a->type == b->type && (a->type != F32 || d->type == F32) &&
         !(seed() == 1 && a->type == F32 && product->epilogue == EPILOGUE_SUMS_OF_B);
}
int cublasLtMatmulAlgoGetHeuristic(void *, const Description *product, const Layout *a, const Layout *b, const Layout *c,
                                   const Layout *d, void *, int, void *, int *count) {
  *count = can(product, a, b, c, d) ? 1 : 0;
  return *count ? 0 : UNSUPPORTED;
}
int cublasLtMatmul(void *, const Description *how, const float *alpha, const void *a, const Layout *la, const void *b,
                   const Layout *lb, const float *beta, const void *c, const Layout *lc, void *d, const Layout *ld, const void *,
                   void *, size_t, CUstream_st *stream) {
  if (!can(how, la, lb, lc, ld)) return INVALID;
  Matrix left = {a, la->type, la->stride, how->turned_a != 0}, right = {b, lb->type, lb->stride, how->turned_b != 0};
  Matrix addend = {c, lc->type, lc->stride, false};
  enqueue(stream, [=, how = *how, k = how->turned_a ? la->rows : la->columns, to = *ld, share = *alpha, old = *beta] {
    product(to.rows, to.columns, k, share, left, right, old, addend, d, to.stride, how.compute,
            how.epilogue == EPILOGUE_BIAS ? how.vector : nullptr, how.epilogue == EPILOGUE_SUMS_OF_B ? how.vector : nullptr);
  });
  return 0;
}
}
