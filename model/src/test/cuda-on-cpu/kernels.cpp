// The device, and its kernels: a module is a shared library, made by nvrtc.cpp.
#include "numbers.h"
#include "stream.h"
#include <cstdlib>
#include <dlfcn.h>
#include <elf.h>
#include <memory>
#include <string>
#include <unistd.h>

static const int MAJOR = 75, MINOR = 76, SHARED = 97; // attributes of a device
static const int DYNAMIC_SHARED = 8;                  // attribute of a kernel

struct CUmod_st {
  void *library;
};
struct CUfunc_st {
  void *(*bind)(void **);
  void (*run)(const Work *, unsigned, unsigned, unsigned, unsigned, unsigned long);
  int shared = 48 << 10;
};

extern "C" {

int cudaGetDeviceCount(int *count) {
  *count = number("CUDA_ON_CPU_GPUS", 1);
  return 0;
}
int cudaSetDevice(int ordinal) { return ordinal < number("CUDA_ON_CPU_GPUS", 1) ? 0 : failed(101); }
int cudaDeviceGetAttribute(int *value, int attribute, int) {
  int capability = number("CUDA_ON_CPU_CAPABILITY", 90);
  switch (attribute) {
  case MAJOR: *value = capability / 10; return 0;
  case MINOR: *value = capability % 10; return 0;
  case SHARED: *value = on_cpu::MOST_SHARED; return 0;
  }
  return failed(1);
}
const char *cudaGetErrorString(int) { return "an error of cuda-on-cpu"; }
int cuGetErrorString(int, const char **text) {
  *text = "an error of cuda-on-cpu";
  return 0;
}

int cuModuleLoadData(CUmod_st **module, const void *image) {
  const Elf64_Ehdr *header = (const Elf64_Ehdr *)image; // whose sections' table is the file's end
  ssize_t bytes = header->e_shoff + (ssize_t)header->e_shnum * header->e_shentsize;
  char file[] = "/tmp/cuda-on-cpu-XXXXXX";
  int out = mkstemp(file);
  bool written = write(out, image, bytes) == bytes;
  close(out);
  void *library = written ? dlopen(file, RTLD_NOW | RTLD_LOCAL) : nullptr;
  unlink(file);
  if (!library) fail("kernels that do not load: ", dlerror());
  *module = new CUmod_st{library};
  return 0;
}
int cuModuleUnload(CUmod_st *module) { // its library stays: work may use it
  delete module;
  return 0;
}
int cuModuleGetFunction(CUfunc_st **function, CUmod_st *module, const char *name) {
  void *bind = dlsym(module->library, (std::string("bind_") + name).c_str());
  if (!bind) return 500;
  *function = new CUfunc_st{(decltype(CUfunc_st::bind))bind, (decltype(CUfunc_st::run))dlsym(module->library, "on_cpu_run")};
  return 0;
}
int cuFuncSetAttribute(CUfunc_st *function, int attribute, int value) {
  if (attribute != DYNAMIC_SHARED || value > on_cpu::MOST_SHARED) return 1;
  function->shared = value;
  return 0;
}
int cuLaunchKernel(CUfunc_st *function, unsigned x, unsigned y, unsigned z, unsigned threads, unsigned ty, unsigned tz,
                   unsigned shared, CUstream_st *stream, void **values, void **) {
  bool valid = x > 0 && y > 0 && y < 65536 && z == 1 && threads > 0 && threads <= 1024 && ty == 1 && tz == 1;
  if (!valid || (int)shared > function->shared) return 1;
  std::shared_ptr<Work> body((Work *)function->bind(values));
  enqueue(stream, [=] { function->run(body.get(), x, y, threads, shared, seed()); });
  return 0;
}
}
