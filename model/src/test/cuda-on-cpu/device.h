// What a kernel's source finds in place of CUDA: its words, its functions, and what lanes of a warp
// do together.
#pragma once
#include "fibers.h"
#include <cmath>
#include <tuple>
#include <utility>

#define __device__
#define __global__
#define __forceinline__ inline
#define __launch_bounds__(N)
#define __expf expf
#define threadIdx (on_cpu::self->index)
#define blockIdx on_cpu::block_index
#define blockDim on_cpu::block_size
#define gridDim on_cpu::grid_size

struct float4 {
  float x, y, z, w;
};
struct uint4 {
  unsigned x, y, z, w;
};
static inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
static inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
#define __uint_as_float on_cpu::as_float
#define __float_as_uint on_cpu::as_bits
static inline float rsqrtf(float x) { return 1 / sqrtf(x); }
static void __syncthreads() { on_cpu::meet(on_cpu::block, on_cpu::count); }

namespace on_cpu {

union Word { // what a lane shows the others
  float f;
  unsigned u[6];
  const void *p;
};
static struct {
  Barrier barrier;
  Word shown[32];
} warps[32];

static int lane() { return self->index.x % 32; }

// What all lanes of the warp show; valid until every one has called `seen`.
static const Word *show(const Word &mine) {
  auto &warp = warps[self->index.x / 32];
  warp.shown[lane()] = mine;
  meet(warp.barrier, 32);
  return warp.shown;
}
static void seen() { meet(warps[self->index.x / 32].barrier, 32); }

static unsigned pack(float low, float high) { return to_bf16(low) | (unsigned)to_bf16(high) << 16; }
static float half(unsigned pair, int which) { return of_bf16(which ? pair >> 16 : pair); }

// ldmatrix.x4: lane l names row l % 8 of the 8 x 8 matrix l / 8.
static void load_tiles(unsigned (&r)[4], const void *row, bool transposed) {
  if ((uintptr_t)row % 16) fail("ldmatrix of a row that is not aligned to 16 bytes");
  Word mine;
  mine.p = row;
  const Word *all = show(mine);
  int g = lane() / 4, t = lane() % 4 * 2;
  for (int m = 0; m < 4; m++) {
    auto at = [&](int y, int x) { return (unsigned)((const unsigned short *)all[8 * m + y].p)[x]; };
    r[m] = transposed ? at(t, g) | at(t + 1, g) << 16 : at(g, t) | at(g, t + 1) << 16;
  }
  seen();
}

// mma.m16n8k16: c [16, 8] += a [16, 16] · b [16, 8], each spread over the lanes of a warp.
static void multiply(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
  Word mine = {.u = {a[0], a[1], a[2], a[3], b0, b1}};
  const Word *all = show(mine);
  int g = lane() / 4, t = lane() % 4 * 2;
  for (int i = 0; i < 4; i++)
    for (int k = 0; k < 16; k++) {
      float left = half(all[4 * g + k % 8 / 2].u[i / 2 + k / 8 * 2], k % 2);
      float right = half(all[4 * (t + i % 2) + k % 8 / 2].u[4 + k / 8], k % 2);
      c[i] += left * right;
    }
  seen();
}

} // namespace on_cpu

static float __shfl_xor_sync(unsigned mask, float v, int other) {
  if (mask != 0xffffffffu) on_cpu::fail("a shuffle of a part of a warp");
  float theirs = on_cpu::show({.f = v})[on_cpu::lane() ^ other].f;
  on_cpu::seen();
  return theirs;
}

// A launch's arguments are taken when it is asked for, and used when the stream comes to it.
template <class... A, size_t... I>
static void *bind_kernel(void (*kernel)(A...), void **values, std::index_sequence<I...>) {
  std::tuple<A...> taken(*(A *)values[I]...);
  return new std::function<void()>([=] { std::apply(kernel, taken); });
}
template <class... A> static void *bind_kernel(void (*kernel)(A...), void **values) {
  return bind_kernel(kernel, values, std::index_sequence_for<A...>{});
}
