// Attention of heads [images, heads, tokens, W] that lie side by side in a token's row.
//
// In bf16 it is fused: the scores of a tile of queries never leave the registers (Dao 2023, FlashAttention-2).
// A warp takes 16 queries, or 16 keys, and products are of 16 x 16 by 16 x 8 on the tensor cores.

#if __CUDA_ARCH__ >= 800

extern __shared__ uint4 shared_memory[];

// Four 8 x 8 matrices; lane l names row l % 8 of matrix l / 8.
__device__ __forceinline__ void load_tiles(unsigned (&r)[4], const bf16 *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"((unsigned)__cvta_generic_to_shared(row)));
}
__device__ __forceinline__ void load_transposed(unsigned (&r)[4], const bf16 *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"((unsigned)__cvta_generic_to_shared(row)));
}
// c [16, 8] += a [16, 16] · b [16, 8]
__device__ __forceinline__ void multiply(float (&c)[4], const unsigned (&a)[4], unsigned b0,
                                         unsigned b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
               "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
__device__ __forceinline__ float two_to(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// A head's rows in shared memory; the gap after each keeps eight of them in different banks.
template <int W> struct Head {
  static const int STRIDE = W + 8;
  bf16 *rows;

  // All threads: `count` rows from global memory, zeros up to `padded`.
  __device__ __forceinline__ void stage(const bf16 *from, i64 stride, int count, int padded) {
    for (int i = threadIdx.x; i < padded * (W / 8); i += blockDim.x) {
      int row = i / (W / 8), at = i % (W / 8);
      uint4 v = make_uint4(0, 0, 0, 0);
      if (row < count) v = *(const uint4 *)(from + row * stride + 8 * at);
      *(uint4 *)(rows + row * STRIDE + 8 * at) = v;
    }
  }
  // Rows [row, row + 16) and columns [16 k, 16 k + 16) as the left operand.
  __device__ __forceinline__ void left(unsigned (&r)[4], int row, int k) const {
    int lane = threadIdx.x % 32;
    load_tiles(r, rows + (row + lane % 16) * STRIDE + 16 * k + lane / 16 * 8);
  }
  // The same, transposed, as the right one: r[0], r[1] for the first eight rows, then the others.
  __device__ __forceinline__ void right(unsigned (&r)[4], int row, int k) const {
    int lane = threadIdx.x % 32;
    load_tiles(r, rows + (row + lane % 8 + lane / 16 * 8) * STRIDE + 16 * k + lane / 8 % 2 * 8);
  }
  // The same as the right one as it is: r[0], r[1] for the first eight columns, then the others.
  __device__ __forceinline__ void straight(unsigned (&r)[4], int row, int k) const {
    int lane = threadIdx.x % 32;
    load_transposed(r, rows + (row + lane % 8 + lane / 8 % 2 * 8) * STRIDE + 16 * k + lane / 16 * 8);
  }
};

// c [16, 16] += left · (16 rows of a head)ᵀ
template <int W>
__device__ __forceinline__ void scores(float (&c)[2][4], const unsigned (&a)[W / 16][4],
                                       const Head<W> &head, int row) {
#pragma unroll
  for (int k = 0; k < W / 16; k++) {
    unsigned b[4];
    head.right(b, row, k);
    multiply(c[0], a[k], b[0], b[1]);
    multiply(c[1], a[k], b[2], b[3]);
  }
}
// c [16, W] += (p [16, 16] in bf16) · (16 rows of a head)
template <int W>
__device__ __forceinline__ void mix(float (&c)[W / 8][4], const float (&p)[2][4],
                                    const Head<W> &head, int row) {
  unsigned a[4] = {pack(p[0][0], p[0][1]), pack(p[0][2], p[0][3]), pack(p[1][0], p[1][1]),
                   pack(p[1][2], p[1][3])};
#pragma unroll
  for (int k = 0; k < W / 16; k++) {
    unsigned b[4];
    head.straight(b, row, k);
    multiply(c[2 * k], a, b[0], b[1]);
    multiply(c[2 * k + 1], a, b[2], b[3]);
  }
}
template <int W> __device__ __forceinline__ void clear(float (&c)[W][4]) {
#pragma unroll
  for (int i = 0; i < W; i++) c[i][0] = c[i][1] = c[i][2] = c[i][3] = 0;
}
// Rows `row` and `row + 8` of c [16, W], this lane's two columns in each eight.
template <int W>
__device__ __forceinline__ void leave(const float (&c)[W / 8][4], float upper, float lower,
                                      bf16 *to, i64 stride, int row, int rows) {
  int column = threadIdx.x % 4 * 2;
#pragma unroll
  for (int i = 0; i < W / 8; i++) {
    if (row < rows)
      *(unsigned *)(to + row * stride + 8 * i + column) = pack(c[i][0] * upper, c[i][1] * upper);
    if (row + 8 < rows)
      *(unsigned *)(to + (row + 8) * stride + 8 * i + column) =
          pack(c[i][2] * lower, c[i][3] * lower);
  }
}
__device__ __forceinline__ int padded(int tokens) { return (tokens + 15) / 16 * 16; }

// A block takes a head of an image. statistics [images, heads, queries] receives the logarithm to
// base 2 of the sum of a row's exponentials; scale is 1/√W · log2(e).
template <int W>
__device__ void attend(const bf16 *q, const bf16 *k, const bf16 *v, bf16 *attended,
                       float *statistics, i64 heads, int queries, int keys, i64 q_image, i64 q_row,
                       i64 k_image, i64 k_row, i64 to_image, i64 to_row, float scale) {
  i64 image = blockIdx.x / heads, head = blockIdx.x % heads;
  Head<W> ks = {(bf16 *)shared_memory}, vs = {ks.rows + padded(keys) * Head<W>::STRIDE};
  Head<W> qs = {vs.rows + padded(keys) * Head<W>::STRIDE};
  ks.stage(k + image * k_image + head * W, k_row, keys, padded(keys));
  vs.stage(v + image * k_image + head * W, k_row, keys, padded(keys));
  qs.stage(q + image * q_image + head * W, q_row, queries, padded(queries));
  __syncthreads();
  int lane = threadIdx.x % 32;
  for (int tile = threadIdx.x / 32 * 16; tile < queries; tile += blockDim.x / 2) {
    unsigned a[W / 16][4];
#pragma unroll
    for (int i = 0; i < W / 16; i++) qs.left(a[i], tile, i);
    float out[W / 8][4];
    clear(out);
    float largest[2] = {-1e30f, -1e30f}, sum[2] = {0, 0};
    for (int key = 0; key < keys; key += 16) {
      float p[2][4];
      clear(p);
      scores<W>(p, a, ks, key);
      if (key + 16 > keys)
#pragma unroll
        for (int i = 0; i < 8; i++)
          if (key + i / 4 * 8 + lane % 4 * 2 + i % 2 >= keys) p[i / 4][i % 4] = -1e30f;
#pragma unroll
      for (int r = 0; r < 2; r++) { // the lane's upper row, then its lower one
        float top = fmaxf(fmaxf(p[0][2 * r], p[0][2 * r + 1]), fmaxf(p[1][2 * r], p[1][2 * r + 1]));
        top = fmaxf(top, __shfl_xor_sync(0xffffffffu, top, 1));
        top = fmaxf(largest[r], fmaxf(top, __shfl_xor_sync(0xffffffffu, top, 2)));
        float shrink = two_to((largest[r] - top) * scale);
        largest[r] = top;
        sum[r] *= shrink;
#pragma unroll
        for (int i = 0; i < W / 8; i++) {
          out[i][2 * r] *= shrink;
          out[i][2 * r + 1] *= shrink;
        }
#pragma unroll
        for (int i = 0; i < 4; i++) {
          float &entry = p[i / 2][2 * r + i % 2];
          entry = two_to((entry - top) * scale);
          sum[r] += entry;
        }
      }
      mix<W>(out, p, vs, key);
    }
#pragma unroll
    for (int r = 0; r < 2; r++) {
      sum[r] += __shfl_xor_sync(0xffffffffu, sum[r], 1);
      sum[r] += __shfl_xor_sync(0xffffffffu, sum[r], 2);
      int row = tile + lane / 4 + 8 * r;
      if (lane % 4 == 0 && row < queries)
        statistics[blockIdx.x * (i64)queries + row] = largest[r] * scale + log2f(sum[r]);
    }
    leave<W>(out, 1 / sum[0], 1 / sum[1], attended + image * to_image + head * W, to_row,
             tile + lane / 4, queries);
  }
}

// The gradients, from the probabilities made anew: first those of keys and values, a warp taking 16
// keys against all queries, then those of queries, 16 queries against all keys.
template <int W>
__device__ void attend_gradient(const bf16 *q, const bf16 *k, const bf16 *v, const bf16 *attended,
                                const bf16 *d_attended, const float *statistics, bf16 *dq, bf16 *dk,
                                bf16 *dv, i64 heads, int queries, int keys, i64 q_image, i64 q_row,
                                i64 k_image, i64 k_row, i64 to_image, i64 to_row, float scale) {
  i64 image = blockIdx.x / heads, head = blockIdx.x % heads;
  i64 q_at = image * q_image + head * W, k_at = image * k_image + head * W;
  i64 to_at = image * to_image + head * W;
  Head<W> ks = {(bf16 *)shared_memory}, vs = {ks.rows + padded(keys) * Head<W>::STRIDE};
  Head<W> qs = {vs.rows + padded(keys) * Head<W>::STRIDE};
  Head<W> ds = {qs.rows + padded(queries) * Head<W>::STRIDE};
  float *logs = (float *)(ds.rows + padded(queries) * Head<W>::STRIDE);
  float *dots = logs + padded(queries); // Σ attended · d_attended of a row
  ks.stage(k + k_at, k_row, keys, padded(keys));
  vs.stage(v + k_at, k_row, keys, padded(keys));
  qs.stage(q + q_at, q_row, queries, padded(queries));
  ds.stage(d_attended + to_at, to_row, queries, padded(queries));
  for (int row = threadIdx.x; row < padded(queries); row += blockDim.x) {
    float dot = 0;
    if (row < queries)
      for (int i = 0; i < W / 8; i++) {
        Eight a = eight(attended + to_at + row * to_row, i);
        Eight d = eight(d_attended + to_at + row * to_row, i);
#pragma unroll
        for (int j = 0; j < 8; j++) dot += a.v[j] * d.v[j];
      }
    dots[row] = dot;
    logs[row] = row < queries ? statistics[blockIdx.x * (i64)queries + row] : 1e30f; // p = 0
  }
  __syncthreads();
  int lane = threadIdx.x % 32, first = threadIdx.x / 32 * 16, step = blockDim.x / 2;
  float factor = scale * 0.69314718f; // 1/√W
  for (int tile = first; tile < keys; tile += step) {
    unsigned a[W / 16][4], b[W / 16][4];
#pragma unroll
    for (int i = 0; i < W / 16; i++) {
      ks.left(a[i], tile, i);
      vs.left(b[i], tile, i);
    }
    float d_key[W / 8][4], d_value[W / 8][4];
    clear(d_key);
    clear(d_value);
    for (int query = 0; query < queries; query += 16) {
      float p[2][4], d[2][4]; // [keys, queries]
      clear(p);
      clear(d);
      scores<W>(p, a, qs, query);
      scores<W>(d, b, ds, query);
#pragma unroll
      for (int i = 0; i < 8; i++) {
        int row = query + i / 4 * 8 + lane % 4 * 2 + i % 2;
        p[i / 4][i % 4] = two_to(p[i / 4][i % 4] * scale - logs[row]);
        d[i / 4][i % 4] = p[i / 4][i % 4] * (d[i / 4][i % 4] - dots[row]);
      }
      mix<W>(d_value, p, ds, query);
      mix<W>(d_key, d, qs, query);
    }
    leave<W>(d_key, factor, factor, dk + k_at, k_row, tile + lane / 4, keys);
    leave<W>(d_value, 1, 1, dv + k_at, k_row, tile + lane / 4, keys);
  }
  for (int tile = first; tile < queries; tile += step) {
    unsigned a[W / 16][4], b[W / 16][4];
#pragma unroll
    for (int i = 0; i < W / 16; i++) {
      qs.left(a[i], tile, i);
      ds.left(b[i], tile, i);
    }
    float log[2] = {logs[tile + lane / 4], logs[tile + lane / 4 + 8]};
    float dot[2] = {dots[tile + lane / 4], dots[tile + lane / 4 + 8]};
    float d_query[W / 8][4];
    clear(d_query);
    for (int key = 0; key < keys; key += 16) {
      float p[2][4], d[2][4]; // [queries, keys]
      clear(p);
      clear(d);
      scores<W>(p, a, ks, key);
      scores<W>(d, b, vs, key);
#pragma unroll
      for (int i = 0; i < 8; i++) {
        int r = i % 4 / 2;
        bool inside = key + i / 4 * 8 + lane % 4 * 2 + i % 2 < keys;
        float weight = inside ? two_to(p[i / 4][i % 4] * scale - log[r]) : 0;
        d[i / 4][i % 4] = weight * (d[i / 4][i % 4] - dot[r]);
      }
      mix<W>(d_query, d, ks, key);
    }
    leave<W>(d_query, factor, factor, dq + q_at, q_row, tile + lane / 4, queries);
  }
}

#define ATTENTION(W)                                                                               \
  extern "C" __global__ void __launch_bounds__(256) attention##W(                                  \
      const bf16 *q, const bf16 *k, const bf16 *v, bf16 *attended, float *statistics, i64 heads,   \
      i64 queries, i64 keys, i64 q_image, i64 q_row, i64 k_image, i64 k_row, i64 to_image,         \
      i64 to_row, float scale) {                                                                   \
    attend<W>(q, k, v, attended, statistics, heads, (int)queries, (int)keys, q_image, q_row,       \
              k_image, k_row, to_image, to_row, scale);                                            \
  }                                                                                                \
  extern "C" __global__ void __launch_bounds__(256) attention_gradient##W(                         \
      const bf16 *q, const bf16 *k, const bf16 *v, const bf16 *attended, const bf16 *d_attended,   \
      const float *statistics, bf16 *dq, bf16 *dk, bf16 *dv, i64 heads, i64 queries, i64 keys,     \
      i64 q_image, i64 q_row, i64 k_image, i64 k_row, i64 to_image, i64 to_row, float scale) {     \
    attend_gradient<W>(q, k, v, attended, d_attended, statistics, dq, dk, dv, heads, (int)queries, \
                       (int)keys, q_image, q_row, k_image, k_row, to_image, to_row, scale);        \
  }
ATTENTION(16)
ATTENTION(32)
ATTENTION(48)
ATTENTION(64)
ATTENTION(80)
ATTENTION(96)

#endif

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

#define TYPED(T)                                                                                   \
  extern "C" __global__ void softmax_##T(T *x, i64 rows, i64 columns) {                            \
    softmax(x, rows, columns);                                                                     \
  }                                                                                                \
  extern "C" __global__ void softmax_gradient_##T(const T *p, T *d, i64 rows, i64 columns) {       \
    softmax_gradient(p, d, rows, columns);                                                         \
  }
TYPED(float)
TYPED(bf16)
