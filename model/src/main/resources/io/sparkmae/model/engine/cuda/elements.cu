// Copies and what is done entry by entry. Kernels that take `vectors` do 8 · vectors entries eight
// at a time and the rest one by one.

template <class Vector, class Single>
__device__ __forceinline__ void each(i64 n, i64 vectors, Vector vector, Single single) {
  for (i64 i = thread(); i < vectors; i += threads()) vector(i);
  for (i64 i = 8 * vectors + thread(); i < n; i += threads()) single(i);
}

template <bool ADD, class F, class T>
__device__ __forceinline__ void move(const F *from, i64 f, T *to, i64 t) {
  float v = get(from, f);
  put(to, t, ADD ? get(to, t) + v : v);
}
template <bool ADD, class F, class T>
__device__ __forceinline__ void move_eight(const F *from, i64 f, T *to, i64 t) {
  Eight v = eight(from, f);
  if (ADD) {
    Eight old = eight(to, t);
#pragma unroll
    for (int j = 0; j < 8; j++) v.v[j] += old.v[j];
  }
  put(to, t, v);
}

// Any strides: to = from, or to += from. With WIDE all sizes and strides count groups of eight.
template <bool ADD, bool WIDE, class F, class T>
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
    i64 f = i0 * f0 + i1 * f1 + i2 * f2 + i3 * f3;
    i64 t = i0 * t0 + i1 * t1 + i2 * t2 + i3 * t3;
    if (WIDE)
      move_eight<ADD>(from, f, to, t);
    else
      move<ADD>(from, f, to, t);
  }
}

template <bool ADD, class F, class T>
__device__ void flat(const F *from, T *to, i64 n, i64 vectors) {
  each(
      n, vectors, [=](i64 i) { move_eight<ADD>(from, i, to, i); },
      [=](i64 i) { move<ADD>(from, i, to, i); });
}

#define COPY(NAME, ADD, F, T)                                                                      \
  extern "C" __global__ void NAME##_##F##_##T(const F *from, T *to, i64 d1, i64 d2, i64 d3, i64 n, \
                                              i64 f0, i64 f1, i64 f2, i64 f3, i64 t0, i64 t1,      \
                                              i64 t2, i64 t3) {                                    \
    copy<ADD, false>(from, to, d1, d2, d3, n, f0, f1, f2, f3, t0, t1, t2, t3);                     \
  }                                                                                                \
  extern "C" __global__ void NAME##_wide_##F##_##T(const F *from, T *to, i64 d1, i64 d2, i64 d3,   \
                                                   i64 n, i64 f0, i64 f1, i64 f2, i64 f3, i64 t0,  \
                                                   i64 t1, i64 t2, i64 t3) {                       \
    copy<ADD, true>(from, to, d1, d2, d3, n, f0, f1, f2, f3, t0, t1, t2, t3);                      \
  }                                                                                                \
  extern "C" __global__ void NAME##_flat_##F##_##T(const F *from, T *to, i64 n, i64 vectors) {     \
    flat<ADD>(from, to, n, vectors);                                                               \
  }
#define COPIES(NAME, ADD)                                                                          \
  COPY(NAME, ADD, float, float)                                                                    \
  COPY(NAME, ADD, float, bf16)                                                                     \
  COPY(NAME, ADD, bf16, float)                                                                     \
  COPY(NAME, ADD, bf16, bf16)
COPIES(copy, false)
COPIES(accumulate, true)

// ---- what the towers begin with

// A value of [images, tokens, length]: a byte stands for an entry of the table of its channel.
__device__ __forceinline__ float pixel(const float *p, i64 i, const float *, int) {
  return p[i];
}
__device__ __forceinline__ float pixel(const u8 *p, i64 i, const float *table, int channel) {
  return table[256 * channel + p[i]];
}

// to [images, count, length] = the patches at places [first, first + count) of each image's order;
// inside a patch the channel is fastest, or slowest if TURNED.
template <class F, class T>
__device__ void patches(const F *pixels, const float *table, const int *order, T *to, i64 n,
                        i64 tokens, i64 first, i64 count, i64 length, i64 channels, i64 turned) {
  for (i64 i = thread(); i < n; i += threads()) {
    unsigned place = (unsigned)(i / length), at = (unsigned)(i - place * length);
    unsigned image = place / (unsigned)count;
    unsigned values = (unsigned)length / (unsigned)channels;
    unsigned channel = turned ? at / values : at % (unsigned)channels;
    unsigned source = turned ? at % values * (unsigned)channels + channel : at;
    i64 token = image * tokens + order[image * tokens + first + place % (unsigned)count];
    put(to, i, pixel(pixels, token * length + source, table, channel));
  }
}
#define PATCHES(F, T)                                                                              \
  extern "C" __global__ void patches_##F##_##T(const F *pixels, const float *table,                \
                                               const int *order, T *to, i64 n, i64 tokens,         \
                                               i64 first, i64 count, i64 length, i64 channels,     \
                                               i64 turned) {                                       \
    patches(pixels, table, order, to, n, tokens, first, count, length, channels, turned);          \
  }
PATCHES(float, float)
PATCHES(float, bf16)
PATCHES(u8, float)
PATCHES(u8, bf16)

// y [images, places, columns]: place p is known[p − first] where there is one, else filler, plus
// the position of its token; place 0 is the class token, whose position is row 0 of the table.
extern "C" __global__ void tokens(const float *known, const float *filler, const float *positions,
                                  const int *order, float *y, i64 n, i64 places, i64 columns,
                                  i64 first, i64 count, i64 tokens) {
  for (i64 i = thread(); i < n; i += threads()) {
    unsigned column = (unsigned)(i % columns), row = (unsigned)(i / columns);
    unsigned image = row / (unsigned)places, place = row % (unsigned)places;
    i64 token = place == 0 ? 0 : order[image * tokens + place - 1] + 1;
    bool is_known = place >= first && place < first + count;
    float v = is_known ? known[(image * count + place - first) * columns + column] : filler[column];
    y[i] = v + positions[token * columns + column];
  }
}

// ---- GELU

__device__ __forceinline__ float gelu(float v) {
  return 0.5f * v * (1 + erff(v * 0.70710678f));
}
__device__ __forceinline__ float gelu_slope(float v) {
  return 0.5f * (1 + erff(v * 0.70710678f)) + v * 0.39894228f * __expf(-0.5f * v * v);
}

template <class T> __device__ void gelu(const T *x, T *y, i64 n, i64 vectors) {
  each(
      n, vectors,
      [=](i64 i) {
        Eight v = eight(x, i);
#pragma unroll
        for (int j = 0; j < 8; j++) v.v[j] = gelu(v.v[j]);
        put(y, i, v);
      },
      [=](i64 i) { put(y, i, gelu(get(x, i))); });
}

template <class T> __device__ void gelu_gradient(const T *x, const T *dy, T *dx, i64 n, i64 vectors) {
  each(
      n, vectors,
      [=](i64 i) {
        Eight v = eight(x, i), d = eight(dy, i);
#pragma unroll
        for (int j = 0; j < 8; j++) d.v[j] *= gelu_slope(v.v[j]);
        put(dx, i, d);
      },
      [=](i64 i) { put(dx, i, get(dy, i) * gelu_slope(get(x, i))); });
}

// ---- sums over rows: a block takes 32 columns of a share of the rows and leaves a partial sum

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

#define TYPED(T)                                                                                   \
  extern "C" __global__ void gelu_##T(const T *x, T *y, i64 n, i64 vectors) {                      \
    gelu(x, y, n, vectors);                                                                        \
  }                                                                                                \
  extern "C" __global__ void gelu_gradient_##T(const T *x, const T *dy, T *dx, i64 n,              \
                                               i64 vectors) {                                      \
    gelu_gradient(x, dy, dx, n, vectors);                                                          \
  }                                                                                                \
  extern "C" __global__ void column_sums_##T(const T *x, float *partial, i64 rows, i64 columns,    \
                                             i64 stride) {                                         \
    column_sums(x, partial, rows, columns, stride);                                                \
  }
TYPED(float)
TYPED(bf16)
#undef TYPED
