// What both the kernels and the libraries in CUDA's place need.
#pragma once
#include <cstdint>
#include <cstring>

namespace on_cpu {

const int MOST_SHARED = 232448; // bytes of shared memory that a block of Hopper may ask for

static inline float as_float(uint32_t bits) {
  float v;
  memcpy(&v, &bits, sizeof v);
  return v;
}
static inline uint32_t as_bits(float v) {
  uint32_t bits;
  memcpy(&bits, &v, sizeof bits);
  return bits;
}
// Bits of v without the last `dropped` of them: to nearest, even.
static inline uint32_t rounded(float v, int dropped) {
  uint32_t bits = as_bits(v);
  if (v != v) return 0x7fffffff >> dropped << dropped;
  return (bits + (1u << (dropped - 1)) - 1 + (bits >> dropped & 1)) >> dropped << dropped;
}
static inline float of_bf16(uint16_t v) { return as_float((uint32_t)v << 16); }
static inline uint16_t to_bf16(float v) { return rounded(v, 16) >> 16; }

// 0 … bound − 1, the next of a sequence.
static inline unsigned random(unsigned long &state, unsigned bound) {
  state = state * 6364136223846793005ul + 1442695040888963407ul;
  return (state >> 33) % bound;
}

} // namespace on_cpu
