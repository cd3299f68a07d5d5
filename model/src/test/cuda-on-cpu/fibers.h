// A block's threads: fibers of one processor thread, which run in turns whose order a seed chooses.
// Sources of kernels are compiled behind this.
#pragma once
#include "numbers.h"
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <vector>

struct uint3 {
  unsigned x, y, z;
};

namespace on_cpu {

// Saves this fiber's registers and stack, and goes on with another's.
extern "C" void on_cpu_switch(void **saved, void *to);
asm(R"(
.text
.globl on_cpu_switch
.hidden on_cpu_switch
on_cpu_switch:
  push %rbp
  push %rbx
  push %r12
  push %r13
  push %r14
  push %r15
  mov %rsp, (%rdi)
  mov %rsi, %rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbx
  pop %rbp
  ret
)");

struct Thread {
  void *stack;
  uint3 index;
  bool done;
};
struct Barrier {
  int arrived = 0;
  unsigned generation = 0;
};

const size_t STACK = 128 << 10;
static Thread threads[1024];
static Thread *self;
static Barrier block;
static void *scheduler;
static const std::function<void()> *body;
static int count;
static long progress;
static uint3 block_index, block_size, grid_size;
static unsigned long random_state;
alignas(1024) static unsigned char shared[MOST_SHARED + 1024]; // what was not asked for is a canary
alignas(1024) static unsigned char fixed[1 << 20];        // shared memory that the code declares
static size_t reserved;

[[noreturn]] static void fail(const char *what) {
  fprintf(stderr, "cuda-on-cpu: %s\n", what);
  abort();
}

// Returns where in `fixed` a declaration has its place, in all blocks.
static size_t reserve(size_t bytes) {
  size_t at = reserved;
  reserved += (bytes + 15) / 16 * 16;
  if (reserved > sizeof fixed) fail("too much shared memory is declared");
  memset(fixed + at, 0xff, bytes);
  return at;
}

static void yield() {
  Thread *me = self;
  on_cpu_switch(&me->stack, scheduler);
  asm volatile("" ::: "memory");
}

static void meet(Barrier &barrier, int expected) {
  progress++;
  if (++barrier.arrived == expected) {
    barrier.arrived = 0;
    barrier.generation++;
    return;
  }
  for (unsigned generation = barrier.generation; barrier.generation == generation;) yield();
}

static void live() {
  for (;;) {
    (*body)();
    self->done = true;
    progress++;
    yield();
  }
}

static void bear(Thread &thread) {
  char *stack = (char *)aligned_alloc(64, STACK);
  void **top = (void **)(stack + STACK - 64);
  *--top = nullptr;      // keeps the stack aligned as after a call
  *--top = (void *)live; // where the first switch returns to
  thread.stack = memset(top - 6, 0, 6 * sizeof(void *));
}

// 0 … n − 1: for seed 0 as they are, for 1 backwards, else at random.
static void order(std::vector<int> &of, int n, unsigned long seed) {
  of.resize(n);
  for (int i = 0; i < n; i++) of[i] = seed == 1 ? n - 1 - i : i;
  for (int i = n - 1; seed > 1 && i > 0; i--) std::swap(of[i], of[random(random_state, i + 1)]);
}

static void run_block(unsigned long seed) {
  static std::vector<int> turns;
  for (int i = 0; i < count; i++) {
    threads[i].done = false;
    threads[i].index = {(unsigned)i, 0, 0};
    if (!threads[i].stack) bear(threads[i]);
  }
  for (bool alive = true; alive;) {
    alive = false;
    long before = progress;
    order(turns, count, seed);
    for (int i : turns) {
      if (threads[i].done) continue;
      self = &threads[i];
      on_cpu_switch(&scheduler, self->stack);
      alive |= !threads[i].done;
    }
    if (alive && progress == before) fail("threads of a block wait for each other for ever");
  }
  if (block.arrived) fail("some threads of a block left it while others wait at a barrier");
}

} // namespace on_cpu

// Runs `body` once for each thread of a grid, one block after the other.
extern "C" void on_cpu_run(const std::function<void()> *body, unsigned width, unsigned height, unsigned size,
                           unsigned shared_bytes, unsigned long seed) {
  using namespace on_cpu;
  if (size > 1024 || size % 32 || shared_bytes > MOST_SHARED) fail("a grid that no GPU takes");
  on_cpu::body = body;
  count = size;
  block_size = {size, 1, 1};
  grid_size = {width, height, 1};
  random_state = seed;
  std::vector<int> blocks;
  order(blocks, width * height, seed);
  for (int i : blocks) {
    block_index = {i % width, i / width, 0};
    memset(shared, 0xff, sizeof shared); // NaN
    memset(fixed, 0xff, reserved);
    run_block(seed);
    for (size_t at = shared_bytes; at < sizeof shared; at++)
      if (shared[at] != 0xff) fail("a write beyond the shared memory that was asked for");
  }
}
