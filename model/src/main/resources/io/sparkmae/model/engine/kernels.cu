// The operations of a step that are not matrix products. Sums are taken in a fixed order, without
// atomics: equal inputs give equal bits. Every size is 64 bits wide, in entries.

typedef unsigned short bf16;
typedef long long i64;

__device__ __forceinline__ float get(const float *p, i64 i) { return p[i]; }
__device__ __forceinline__ float get(const bf16 *p, i64 i) {
  return __uint_as_float((unsigned)p[i] << 16);
}
__device__ __forceinline__ void put(float *p, i64 i, float v) { p[i] = v; }
__device__ __forceinline__ void put(bf16 *p, i64 i, float v) {
  unsigned bits = __float_as_uint(v);
  p[i] = v != v ? 0x7fc0 : (bf16)((bits + 0x7fff + (bits >> 16 & 1)) >> 16); // to nearest, even
}

__device__ __forceinline__ i64 thread() { return (i64)blockIdx.x * blockDim.x + threadIdx.x; }
__device__ __forceinline__ i64 threads() { return (i64)gridDim.x * blockDim.x; }

__device__ __forceinline__ float warp_sum(float v) {
  for (int lane = 16; lane > 0; lane /= 2) v += __shfl_xor_sync(0xffffffffu, v, lane);
  return v;
}
__device__ __forceinline__ float warp_max(float v) {
  for (int lane = 16; lane > 0; lane /= 2) v = fmaxf(v, __shfl_xor_sync(0xffffffffu, v, lane));
  return v;
}

// Sum over a block of 256 threads; the result is thread 0's.
__device__ double block_sum(double v) {
  __shared__ double sums[256];
  sums[threadIdx.x] = v;
  for (int half = 128; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
  }
  return sums[0];
}

// ---- any strides: to = from, or to += from

template <bool ADD, class F, class T>
__device__ void copy(const F *from, T *to, i64 d1, i64 d2, i64 d3, i64 n, i64 f0, i64 f1, i64 f2,
                     i64 f3, i64 t0, i64 t1, i64 t2, i64 t3) {
  for (i64 i = thread(); i < n; i += threads()) {
    unsigned rest = (unsigned)i;
    unsigned i3 = rest % (unsigned)d3;
    rest /= (unsigned)d3;
    unsigned i2 = rest % (unsigned)d2;
    rest /= (unsigned)d2;
    unsigned i1 = rest % (unsigned)d1;
    i64 i0 = rest / (unsigned)d1;
    float v = get(from, i0 * f0 + i1 * f1 + i2 * f2 + i3 * f3);
    i64 at = i0 * t0 + i1 * t1 + i2 * t2 + i3 * t3;
    put(to, at, ADD ? get(to, at) + v : v);
  }
}

template <bool ADD, class F, class T> __device__ void flat(const F *from, T *to, i64 n) {
  for (i64 i = thread(); i < n; i += threads()) {
    float v = get(from, i);
    put(to, i, ADD ? get(to, i) + v : v);
  }
}

#define COPY(NAME, ADD, F, T)                                                                      \
  extern "C" __global__ void NAME##_##F##_##T(const F *from, T *to, i64 d1, i64 d2, i64 d3, i64 n, \
                                              i64 f0, i64 f1, i64 f2, i64 f3, i64 t0, i64 t1,      \
                                              i64 t2, i64 t3) {                                    \
    copy<ADD>(from, to, d1, d2, d3, n, f0, f1, f2, f3, t0, t1, t2, t3);                            \
  }                                                                                                \
  extern "C" __global__ void NAME##_flat_##F##_##T(const F *from, T *to, i64 n) {                  \
    flat<ADD>(from, to, n);                                                                        \
  }
#define COPIES(NAME, ADD)                                                                          \
  COPY(NAME, ADD, float, float)                                                                    \
  COPY(NAME, ADD, float, bf16)                                                                     \
  COPY(NAME, ADD, bf16, float)                                                                     \
  COPY(NAME, ADD, bf16, bf16)
COPIES(copy, false)
COPIES(accumulate, true)

// ---- rows: a matrix's row r begins at r * its stride

extern "C" __global__ void fill_rows(const float *row, float *y, i64 rows, i64 columns, i64 stride) {
  for (i64 i = thread(); i < rows * columns; i += threads())
    y[i / columns * stride + i % columns] = row[i % columns];
}

extern "C" __global__ void add_row(const float *a, const float *row, float *y, i64 n, i64 columns) {
  for (i64 i = thread(); i < n; i += threads()) y[i] = a[i] + row[i % columns];
}

template <class T>
__device__ void bias(T *y, const float *bias, const float *addend, i64 n, i64 columns) {
  for (i64 i = thread(); i < n; i += threads()) {
    float v = get(y, i) + bias[(unsigned)i % (unsigned)columns];
    put(y, i, addend ? v + addend[i] : v);
  }
}

// Column sums: a block takes 32 columns of a share of the rows and leaves a partial sum.
template <class T>
__device__ void column_sums(const T *x, float *partial, i64 rows, i64 columns, i64 stride) {
  __shared__ float sums[8][32];
  i64 column = blockIdx.x * 32 + threadIdx.x % 32;
  int lane = threadIdx.x / 32;
  float sum = 0;
  if (column < columns)
    for (i64 row = (i64)blockIdx.y * 8 + lane; row < rows; row += (i64)gridDim.y * 8)
      sum += get(x, row * stride + column);
  sums[lane][threadIdx.x % 32] = sum;
  __syncthreads();
  if (lane == 0 && column < columns) {
    for (int i = 1; i < 8; i++) sum += sums[i][threadIdx.x];
    partial[blockIdx.y * columns + column] = sum;
  }
}

extern "C" __global__ void sum_partials(const float *partial, float *y, i64 shares, i64 columns) {
  for (i64 column = thread(); column < columns; column += threads()) {
    float sum = 0;
    for (i64 share = 0; share < shares; share++) sum += partial[share * columns + column];
    y[column] = sum;
  }
}

// ---- layer norm: a warp takes a row; statistics are means, then biased variances

template <class T>
__device__ void layer_norm(const float *x, const float *weight, const float *bias, float eps,
                           float *statistics, T *y, i64 rows, i64 columns) {
  i64 row = thread() / 32;
  int lane = threadIdx.x % 32;
  if (row >= rows) return;
  const float *in = x + row * columns;
  float mean = 0, variance = 0;
  for (i64 i = lane; i < columns; i += 32) mean += in[i];
  mean = warp_sum(mean) / columns;
  for (i64 i = lane; i < columns; i += 32) variance += (in[i] - mean) * (in[i] - mean);
  variance = warp_sum(variance) / columns;
  float scale = rsqrtf(variance + eps);
  for (i64 i = lane; i < columns; i += 32)
    put(y, row * columns + i, (in[i] - mean) * scale * weight[i] + bias[i]);
  if (lane == 0) {
    statistics[row] = mean;
    statistics[rows + row] = variance;
  }
}

template <class T>
__device__ void layer_norm_input(const float *x, const float *weight, float eps,
                                 const float *statistics, const T *dy, float *dx, i64 rows,
                                 i64 columns) {
  i64 row = thread() / 32;
  int lane = threadIdx.x % 32;
  if (row >= rows) return;
  float mean = statistics[row];
  float scale = rsqrtf(statistics[rows + row] + eps);
  float sum = 0, dot = 0;
  for (i64 i = lane; i < columns; i += 32) {
    float d = get(dy, row * columns + i) * weight[i];
    sum += d;
    dot += d * (x[row * columns + i] - mean) * scale;
  }
  sum = warp_sum(sum) / columns;
  dot = warp_sum(dot) / columns;
  for (i64 i = lane; i < columns; i += 32) {
    float normed = (x[row * columns + i] - mean) * scale;
    dx[row * columns + i] = scale * (get(dy, row * columns + i) * weight[i] - sum - normed * dot);
  }
}

// Partial sums of both weight and bias, as in column_sums.
template <class T>
__device__ void layer_norm_weight(const float *x, float eps, const float *statistics, const T *dy,
                                  float *weights, float *biases, i64 rows, i64 columns) {
  __shared__ float sums[2][8][32];
  i64 column = blockIdx.x * 32 + threadIdx.x % 32;
  int lane = threadIdx.x / 32;
  float weight = 0, bias = 0;
  if (column < columns)
    for (i64 row = (i64)blockIdx.y * 8 + lane; row < rows; row += (i64)gridDim.y * 8) {
      float d = get(dy, row * columns + column);
      bias += d;
      weight += d * (x[row * columns + column] - statistics[row]) *
                rsqrtf(statistics[rows + row] + eps);
    }
  sums[0][lane][threadIdx.x % 32] = weight;
  sums[1][lane][threadIdx.x % 32] = bias;
  __syncthreads();
  if (lane == 0 && column < columns) {
    for (int i = 1; i < 8; i++) {
      weight += sums[0][i][threadIdx.x];
      bias += sums[1][i][threadIdx.x];
    }
    weights[blockIdx.y * columns + column] = weight;
    biases[blockIdx.y * columns + column] = bias;
  }
}

// ---- softmax: a warp takes a row; in place

template <class T> __device__ void softmax(T *x, i64 rows, i64 columns) {
  i64 row = thread() / 32;
  int lane = threadIdx.x % 32;
  if (row >= rows) return;
  T *p = x + row * columns;
  float largest = __uint_as_float(0xff800000u), sum = 0;
  for (i64 i = lane; i < columns; i += 32) largest = fmaxf(largest, get(p, i));
  largest = warp_max(largest);
  for (i64 i = lane; i < columns; i += 32) sum += expf(get(p, i) - largest);
  sum = warp_sum(sum);
  for (i64 i = lane; i < columns; i += 32) put(p, i, expf(get(p, i) - largest) / sum);
}

template <class T> __device__ void softmax_gradient(const T *p, T *d, i64 rows, i64 columns) {
  i64 row = thread() / 32;
  int lane = threadIdx.x % 32;
  if (row >= rows) return;
  float dot = 0;
  for (i64 i = lane; i < columns; i += 32)
    dot += get(p, row * columns + i) * get(d, row * columns + i);
  dot = warp_sum(dot);
  for (i64 i = lane; i < columns; i += 32) {
    i64 at = row * columns + i;
    put(d, at, get(p, at) * (get(d, at) - dot));
  }
}

// ---- GELU

template <class T> __device__ void gelu(const T *x, T *y, i64 n) {
  for (i64 i = thread(); i < n; i += threads()) {
    float v = get(x, i);
    put(y, i, 0.5f * v * (1 + erff(v * 0.70710678f)));
  }
}

template <class T> __device__ void gelu_gradient(const T *x, const T *dy, T *dx, i64 n) {
  for (i64 i = thread(); i < n; i += threads()) {
    float v = get(x, i);
    float share = 0.5f * (1 + erff(v * 0.70710678f));
    float density = 0.39894228f * expf(-0.5f * v * v);
    put(dx, i, get(dy, i) * (share + v * density));
  }
}

#define TYPED(T)                                                                                   \
  extern "C" __global__ void bias_##T(T *y, const float *b, const float *addend, i64 n,            \
                                      i64 columns) {                                               \
    bias(y, b, addend, n, columns);                                                                \
  }                                                                                                \
  extern "C" __global__ void column_sums_##T(const T *x, float *partial, i64 rows, i64 columns,    \
                                             i64 stride) {                                         \
    column_sums(x, partial, rows, columns, stride);                                                \
  }                                                                                                \
  extern "C" __global__ void layer_norm_##T(const float *x, const float *weight,                   \
                                            const float *b, float *statistics, T *y, i64 rows,     \
                                            i64 columns, float eps) {                              \
    layer_norm(x, weight, b, eps, statistics, y, rows, columns);                                   \
  }                                                                                                \
  extern "C" __global__ void layer_norm_input_##T(const float *x, const float *weight,             \
                                                  const float *statistics, const T *dy, float *dx, \
                                                  i64 rows, i64 columns, float eps) {              \
    layer_norm_input(x, weight, eps, statistics, dy, dx, rows, columns);                           \
  }                                                                                                \
  extern "C" __global__ void layer_norm_weight_##T(const float *x, const float *statistics,        \
                                                   const T *dy, float *weights, float *biases,     \
                                                   i64 rows, i64 columns, float eps) {             \
    layer_norm_weight(x, eps, statistics, dy, weights, biases, rows, columns);                     \
  }                                                                                                \
  extern "C" __global__ void softmax_##T(T *x, i64 rows, i64 columns) {                            \
    softmax(x, rows, columns);                                                                     \
  }                                                                                                \
  extern "C" __global__ void softmax_gradient_##T(const T *p, T *d, i64 rows, i64 columns) {       \
    softmax_gradient(p, d, rows, columns);                                                         \
  }                                                                                                \
  extern "C" __global__ void gelu_##T(const T *x, T *y, i64 n) { gelu(x, y, n); }                  \
  extern "C" __global__ void gelu_gradient_##T(const T *x, const T *dy, T *dx, i64 n) {            \
    gelu_gradient(x, dy, dx, n);                                                                   \
  }
TYPED(float)
TYPED(bf16)

// ---- loss and optimiser: each block leaves a partial sum in fp64

extern "C" __global__ void squared_error(const float *prediction, const float *target, float *d,
                                         double *partial, i64 n, float scale) {
  double sum = 0;
  for (i64 i = thread(); i < n; i += threads()) {
    float difference = prediction[i] - target[i];
    sum += (double)difference * difference;
    d[i] = scale * difference;
  }
  sum = block_sum(sum);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

extern "C" __global__ void squares(const float *x, double *partial, i64 n) {
  double sum = 0;
  for (i64 i = thread(); i < n; i += threads()) sum += (double)x[i] * x[i];
  sum = block_sum(sum);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

// One block of 256 threads.
extern "C" __global__ void finish_sum(const double *partial, double *sum, float *mean, i64 n,
                                      i64 count) {
  double v = 0;
  for (i64 i = threadIdx.x; i < n; i += 256) v += partial[i];
  v = block_sum(v);
  if (threadIdx.x == 0) {
    *sum = v;
    if (mean) *mean = (float)(v / count);
  }
}

// Ranges of at most 65,536 entries; a block takes one.
struct Range {
  float *params;
  const float *gradients;
  float *exp_avg;
  float *exp_avg_sq;
  i64 length;
  i64 decays;
};

extern "C" __global__ void adam_w(const Range *ranges, double *partial, float scale, float beta1,
                                  float one_minus_beta1, float beta2, float one_minus_beta2,
                                  float rate, float root, float epsilon, float keep) {
  Range r = ranges[blockIdx.x];
  if (!r.decays) keep = 1;
  double sum = 0;
  for (i64 i = threadIdx.x; i < r.length; i += blockDim.x) {
    float g = r.gradients[i];
    sum += (double)g * g;
    g *= scale;
    float first = beta1 * r.exp_avg[i] + one_minus_beta1 * g;
    float second = beta2 * r.exp_avg_sq[i] + one_minus_beta2 * (g * g);
    r.exp_avg[i] = first;
    r.exp_avg_sq[i] = second;
    r.params[i] = keep * r.params[i] - rate * first / (sqrtf(second) * root + epsilon);
  }
  sum = block_sum(sum);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}
