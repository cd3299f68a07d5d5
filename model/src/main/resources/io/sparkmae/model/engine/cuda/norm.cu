// Layer norm: a warp takes a row; statistics are means, then biased variances.

// What a lane holds of a row: of each 256 columns the eight at 8 · lane.
template <int GROUPS> struct Row {
  Eight group[GROUPS];

  template <class T> __device__ __forceinline__ void load(const T *p, int columns) {
#pragma unroll
    for (int g = 0; g < GROUPS; g++) {
      int at = threadIdx.x % 32 + 32 * g;
      if (8 * at < columns)
        group[g] = eight(p, at);
      else
#pragma unroll
        for (int j = 0; j < 8; j++) group[g].v[j] = 0;
    }
  }
  template <class T> __device__ __forceinline__ void store(T *p, int columns) const {
#pragma unroll
    for (int g = 0; g < GROUPS; g++) {
      int at = threadIdx.x % 32 + 32 * g;
      if (8 * at < columns) put(p, at, group[g]);
    }
  }
};
#define EACH                                                                                       \
  _Pragma("unroll") for (int g = 0; g < GROUPS; g++) _Pragma("unroll") for (int j = 0; j < 8; j++)
#define INSIDE (8 * (threadIdx.x % 32 + 32 * g) < columns)

template <int GROUPS, class T>
__device__ void layer_norm_rows(const float *x, const float *weight, const float *bias, float eps,
                                float *statistics, T *y, i64 rows, int columns) {
  i64 row = thread() / 32;
  if (row >= rows) return;
  Row<GROUPS> in, w, b;
  in.load(x + row * columns, columns);
  w.load(weight, columns);
  b.load(bias, columns);
  float mean = 0, variance = 0;
  EACH mean += in.group[g].v[j];
  mean = warp_sum(mean) / columns;
  EACH if (INSIDE) {
    float d = in.group[g].v[j] - mean;
    variance += d * d;
  }
  variance = warp_sum(variance) / columns;
  float scale = rsqrtf(variance + eps);
  EACH in.group[g].v[j] = (in.group[g].v[j] - mean) * scale * w.group[g].v[j] + b.group[g].v[j];
  in.store(y + row * columns, columns);
  if (threadIdx.x % 32 == 0) {
    statistics[row] = mean;
    statistics[rows + row] = variance;
  }
}

// dx, or dx + its old value if `adds`; a copy of it in T unless that is null; and a block's sums
// for the gradients of weight and bias in partial [blocks, 2, columns].
template <int GROUPS, class T>
__device__ void layer_norm_gradient_rows(const float *x, const float *weight, float eps,
                                         const float *statistics, const T *dy, float *dx, T *copy,
                                         float *partial, i64 adds, i64 rows, int columns) {
  __shared__ float sums[8][2][256];
  Row<GROUPS> w, weights, biases;
  w.load(weight, columns);
  EACH weights.group[g].v[j] = biases.group[g].v[j] = 0;
  for (i64 row = thread() / 32; row < rows; row += threads() / 32) {
    Row<GROUPS> in, d;
    in.load(x + row * columns, columns);
    d.load(dy + row * columns, columns);
    float mean = statistics[row], scale = rsqrtf(statistics[rows + row] + eps);
    float sum = 0, dot = 0;
    EACH {
      float normed = INSIDE ? (in.group[g].v[j] - mean) * scale : 0;
      in.group[g].v[j] = normed;
      biases.group[g].v[j] += d.group[g].v[j];
      weights.group[g].v[j] += d.group[g].v[j] * normed;
      d.group[g].v[j] *= w.group[g].v[j];
      sum += d.group[g].v[j];
      dot += d.group[g].v[j] * normed;
    }
    sum = warp_sum(sum) / columns;
    dot = warp_sum(dot) / columns;
    EACH d.group[g].v[j] = scale * (d.group[g].v[j] - sum - in.group[g].v[j] * dot);
    if (adds) {
      in.load(dx + row * columns, columns);
      EACH d.group[g].v[j] += in.group[g].v[j];
    }
    d.store(dx + row * columns, columns);
    if (copy) d.store(copy + row * columns, columns);
  }
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
#pragma unroll
  for (int g = 0; g < GROUPS; g++) { // 256 columns at a time, over the block's eight warps
    __syncthreads();
#pragma unroll
    for (int j = 0; j < 8; j++) {
      sums[warp][0][8 * lane + j] = weights.group[g].v[j];
      sums[warp][1][8 * lane + j] = biases.group[g].v[j];
    }
    __syncthreads();
    int column = 256 * g + threadIdx.x;
    if (column < columns)
      for (int part = 0; part < 2; part++) {
        float sum = 0;
        for (int i = 0; i < 8; i++) sum += sums[i][part][threadIdx.x];
        partial[(2 * (i64)blockIdx.x + part) * columns + column] = sum;
      }
  }
}

// A block sums 32 of the 2 · columns columns of partial; the second half goes to y2.
extern "C" __global__ void sum_pairs(const float *partial, float *y1, float *y2, i64 shares,
                                     i64 columns) {
  __shared__ float sums[8][32];
  i64 column = blockIdx.x * 32 + threadIdx.x % 32;
  int lane = threadIdx.x / 32;
  float sum = 0;
  if (column < 2 * columns)
    for (i64 share = lane; share < shares; share += 8) sum += partial[share * 2 * columns + column];
  sums[lane][threadIdx.x % 32] = sum;
  __syncthreads();
  if (lane == 0 && column < 2 * columns) {
    for (int i = 1; i < 8; i++) sum += sums[i][threadIdx.x];
    if (column < columns)
      y1[column] = sum;
    else
      y2[column - columns] = sum;
  }
}

// ---- rows of any length and alignment

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
                                 const float *statistics, const T *dy, float *dx, T *copy, i64 adds,
                                 i64 rows, i64 columns) {
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
    i64 at = row * columns + i;
    float normed = (x[at] - mean) * scale;
    float d = scale * (get(dy, at) * weight[i] - sum - normed * dot);
    dx[at] = adds ? dx[at] + d : d;
    if (copy) put(copy, at, dx[at]);
  }
}

// Partial sums of both weight and bias, as in column_sums: partial [shares, 2, columns].
template <class T>
__device__ void layer_norm_weight(const float *x, float eps, const float *statistics, const T *dy,
                                  float *partial, i64 rows, i64 columns) {
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
    partial[2 * blockIdx.y * columns + column] = weight;
    partial[(2 * blockIdx.y + 1) * columns + column] = bias;
  }
}

#define NORM(T)                                                                                    \
  extern "C" __global__ void layer_norm_##T(const float *x, const float *weight, const float *b,   \
                                            float *statistics, T *y, i64 rows, i64 columns,        \
                                            float eps) {                                           \
    layer_norm(x, weight, b, eps, statistics, y, rows, columns);                                   \
  }                                                                                                \
  extern "C" __global__ void layer_norm_input_##T(                                                 \
      const float *x, const float *weight, const float *statistics, const T *dy, float *dx,        \
      T *copy, i64 adds, i64 rows, i64 columns, float eps) {                                       \
    layer_norm_input(x, weight, eps, statistics, dy, dx, copy, adds, rows, columns);               \
  }                                                                                                \
  extern "C" __global__ void layer_norm_weight_##T(const float *x, const float *statistics,        \
                                                   const T *dy, float *partial, i64 rows,          \
                                                   i64 columns, float eps) {                       \
    layer_norm_weight(x, eps, statistics, dy, partial, rows, columns);                             \
  }
NORM(float)
NORM(bf16)

#define NORM_ROWS(T, GROUPS)                                                                       \
  extern "C" __global__ void __launch_bounds__(256) layer_norm_rows##GROUPS##_##T(                 \
      const float *x, const float *weight, const float *b, float *statistics, T *y, i64 rows,      \
      i64 columns, float eps) {                                                                    \
    layer_norm_rows<GROUPS>(x, weight, b, eps, statistics, y, rows, (int)columns);                 \
  }                                                                                                \
  extern "C" __global__ void __launch_bounds__(256) layer_norm_gradient_rows##GROUPS##_##T(        \
      const float *x, const float *weight, const float *statistics, const T *dy, float *dx,        \
      T *copy, float *partial, i64 adds, i64 rows, i64 columns, float eps) {                       \
    layer_norm_gradient_rows<GROUPS>(x, weight, eps, statistics, dy, dx, copy, partial, adds,      \
                                     rows, (int)columns);                                          \
  }
#define NORM_GROUPS(T)                                                                             \
  NORM_ROWS(T, 1) NORM_ROWS(T, 2) NORM_ROWS(T, 3) NORM_ROWS(T, 4) NORM_ROWS(T, 5)
NORM_GROUPS(float)
NORM_GROUPS(bf16)
