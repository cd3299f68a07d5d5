// The device's memory, which is this process's. It comes filled with NaN, and a page that nobody may
// touch follows each block.
#include "stream.h"
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <sys/mman.h>
#include <vector>

static const size_t PAGE = 4096;
static const size_t CAPACITY = 16ul << 30;
static const size_t LARGE = 64 << 20; // not filled, as that would take memory that is never used
static const int HOST_TO_DEVICE = 1, DEVICE_TO_HOST = 2, DEVICE_TO_DEVICE = 3;

using Ranges = std::map<uintptr_t, size_t>; // bytes, by address
static Ranges blocks, pinned;
static size_t taken;
static int last;

static uintptr_t page_from(uintptr_t address) { return (address + PAGE - 1) / PAGE * PAGE; }
static bool within(const Ranges &ranges, const void *p, size_t bytes) {
  auto next = ranges.upper_bound((uintptr_t)p);
  if (next == ranges.begin()) return false;
  --next;
  return (uintptr_t)p + bytes <= next->first + next->second;
}
static bool touches(const Ranges &ranges, const void *p, size_t bytes) {
  for (auto &[start, length] : ranges)
    if ((uintptr_t)p < start + length && start < (uintptr_t)p + bytes) return true;
  return false;
}
int failed(int status) { return last = status; }

static struct Leak {
  ~Leak() {
    if (taken) fprintf(stderr, "cuda-on-cpu: %zu bytes of device memory were not freed\n", taken);
  }
} leak;

extern "C" {

int cudaGetLastError() {
  int error = last;
  last = 0;
  return error;
}
int cudaMemGetInfo(size_t *free, size_t *total) {
  Lock lock(gate);
  *total = CAPACITY;
  *free = CAPACITY - taken;
  return 0;
}
int cudaMalloc(void **address, size_t bytes) {
  Lock lock(gate);
  size_t length = (bytes + 15) / 16 * 16, mapped = page_from(length) + PAGE;
  if (length > CAPACITY - taken) return failed(2);
  char *start =
      (char *)mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start == MAP_FAILED) return failed(2);
  mprotect(start + mapped - PAGE, PAGE, PROT_NONE);
  char *block = start + mapped - PAGE - length;
  if (length < LARGE) memset(block, 0xff, length);
  blocks[(uintptr_t)block] = length;
  taken += length;
  *address = block;
  return 0;
}
int cudaFree(void *address) {
  Lock lock(gate);
  drain_all();
  auto block = blocks.find((uintptr_t)address);
  if (block == blocks.end()) return failed(1);
  uintptr_t start = block->first / PAGE * PAGE;
  munmap((void *)start, page_from(block->first + block->second) + PAGE - start);
  taken -= block->second;
  blocks.erase(block);
  return 0;
}
int cudaMemsetAsync(void *address, int value, size_t bytes, CUstream_st *stream) {
  Lock lock(gate);
  if (!within(blocks, address, bytes)) fail("memset outside of the device's memory");
  enqueue(stream, [=] {
    if (value == 0 && bytes >= LARGE) { // its whole pages are zero when they are used again
      uintptr_t from = page_from((uintptr_t)address), to = ((uintptr_t)address + bytes) / PAGE * PAGE;
      memset(address, 0, from - (uintptr_t)address);
      madvise((void *)from, to - from, MADV_DONTNEED);
      memset((void *)to, 0, (uintptr_t)address + bytes - to);
    } else {
      memset(address, value, bytes);
    }
  });
  return 0;
}

int cudaHostRegister(void *address, size_t bytes, unsigned) {
  Lock lock(gate);
  if ((uintptr_t)address % PAGE || bytes % PAGE) fail("pinning of a part of a page");
  if (touches(pinned, address, bytes)) return failed(712);
  pinned[(uintptr_t)address] = bytes;
  return 0;
}
int cudaHostUnregister(void *address) {
  Lock lock(gate);
  return pinned.erase((uintptr_t)address) ? 0 : failed(713);
}

// Pinned memory is read and written when the stream comes to it. Other memory of the host is read at
// once, and written before the call returns.
int cudaMemcpyAsync(void *to, const void *from, size_t bytes, int kind, CUstream_st *stream) {
  Lock lock(gate);
  if (within(blocks, to, bytes) != (kind != DEVICE_TO_HOST) || within(blocks, from, bytes) != (kind != HOST_TO_DEVICE))
    fail("a copy whose ends are not where its kind says");
  const void *host = kind == HOST_TO_DEVICE ? from : to;
  if (kind == DEVICE_TO_DEVICE || within(pinned, host, bytes)) {
    enqueue(stream, [=] { memmove(to, from, bytes); });
    return 0;
  }
  if (touches(pinned, host, bytes)) return failed(1); // it crosses the border of pinned memory
  if (is_recording(stream)) fail("a copy of memory that is not pinned, in a recording");
  if (kind == HOST_TO_DEVICE) {
    auto staged = std::make_shared<std::vector<char>>((const char *)from, (const char *)from + bytes);
    enqueue(stream, [=] { memcpy(to, staged->data(), bytes); });
  } else {
    enqueue(stream, [=] { memcpy(to, from, bytes); });
    drain(stream);
  }
  return 0;
}
}
