// Numbers as the kernels see them: fp32 in registers, fp32 or bf16 in memory, eight at a time where
// they lie so. Sums are taken in a fixed order, without atomics: equal inputs give equal bits.
// Sizes are 64 bits wide and count entries.

typedef unsigned short bf16;
typedef unsigned char u8;
typedef long long i64;

__device__ __forceinline__ float get(const float *p, i64 i) { return p[i]; }
__device__ __forceinline__ float get(const bf16 *p, i64 i) {
  return __uint_as_float((unsigned)p[i] << 16);
}

// To nearest, even; the low half is the first.
__device__ __forceinline__ unsigned pack(float low, float high) {
#if __CUDA_ARCH__ >= 800
  unsigned both;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
  return both;
#else
  unsigned a = __float_as_uint(low), b = __float_as_uint(high);
  a = low != low ? 0x7fc0 : (a + 0x7fff + (a >> 16 & 1)) >> 16;
  b = high != high ? 0x7fc0 : (b + 0x7fff + (b >> 16 & 1)) >> 16;
  return a | b << 16;
#endif
}
__device__ __forceinline__ void put(float *p, i64 i, float v) { p[i] = v; }
__device__ __forceinline__ void put(bf16 *p, i64 i, float v) { p[i] = (bf16)pack(v, 0); }

// Entries 8 · i to 8 · i + 7; the memory is aligned to 16 bytes.
struct Eight {
  float v[8];
};
__device__ __forceinline__ Eight eight(const float *p, i64 i) {
  float4 a = ((const float4 *)p)[2 * i], b = ((const float4 *)p)[2 * i + 1];
  return {{a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w}};
}
__device__ __forceinline__ Eight eight(const bf16 *p, i64 i) {
  uint4 a = ((const uint4 *)p)[i];
  unsigned words[4] = {a.x, a.y, a.z, a.w};
  Eight e;
#pragma unroll
  for (int j = 0; j < 4; j++) {
    e.v[2 * j] = __uint_as_float(words[j] << 16);
    e.v[2 * j + 1] = __uint_as_float(words[j] & 0xffff0000u);
  }
  return e;
}
__device__ __forceinline__ void put(float *p, i64 i, const Eight &e) {
  ((float4 *)p)[2 * i] = make_float4(e.v[0], e.v[1], e.v[2], e.v[3]);
  ((float4 *)p)[2 * i + 1] = make_float4(e.v[4], e.v[5], e.v[6], e.v[7]);
}
__device__ __forceinline__ void put(bf16 *p, i64 i, const Eight &e) {
  ((uint4 *)p)[i] = make_uint4(pack(e.v[0], e.v[1]), pack(e.v[2], e.v[3]), pack(e.v[4], e.v[5]),
                               pack(e.v[6], e.v[7]));
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
