// NVRTC: g++ makes a shared library of the kernels' source, behind device.h.
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>

struct _nvrtcProgram {
  std::string source, log, library;
};

static std::string contents(const std::string &file) {
  std::stringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

// What a statement of assembler does, in C++. Its variables' names are those of the .cu resources.
static std::string translated(const std::string &statement) {
  static const char *const MEANINGS[][2] = {
      {"cvt.rn.bf16x2", "both = on_cpu::pack(low, high);"},
      {"x4.trans.shared", "on_cpu::load_tiles(r, row, true);"},
      {"x4.shared", "on_cpu::load_tiles(r, row, false);"},
      {"m16n8k16", "on_cpu::multiply(c, a, b0, b1);"},
      {"ex2.approx", "y = exp2f(x);"},
  };
  for (auto &[instruction, meaning] : MEANINGS)
    if (statement.find(instruction) != std::string::npos) return meaning;
  return "unknown to cuda-on-cpu: " + statement;
}
static std::string without_assembler(const std::string &source) {
  std::string out;
  size_t from = 0;
  for (size_t at; (at = source.find("asm", from)) != std::string::npos;) {
    size_t end = source.find(");\n", at) + 2;
    out += source.substr(from, at - from) + translated(source.substr(at, end - at));
    from = end;
  }
  return out + source.substr(from);
}

// Shared memory lies in arrays of device.h, which each block finds filled with NaN.
static std::string with_shared_memory(const std::string &source) {
  static const std::regex DYNAMIC("extern __shared__ uint4 shared_memory\\[\\];");
  static const std::regex DECLARED("__shared__ (\\w+) (\\w+)((?:\\[\\d+\\])+);");
  return std::regex_replace(std::regex_replace(source, DYNAMIC, "#define shared_memory on_cpu::shared\n"), DECLARED,
                            "static const size_t $2_at = on_cpu::reserve(sizeof($1$3)); "
                            "$1 (&$2)$3 = *($1 (*)$3)(on_cpu::fixed + $2_at);");
}

// A function beside each kernel that takes its arguments from a list of addresses.
static std::string binders(const std::string &expanded) {
  static const std::regex KERNEL("__global__\\s+void\\s+(?:__launch_bounds__\\(\\d+\\)\\s+)?(\\w+)\\(");
  std::string out;
  for (std::sregex_iterator i(expanded.begin(), expanded.end(), KERNEL), end; i != end; ++i)
    out += "extern \"C\" void *bind_" + (*i)[1].str() + "(void **values) { return bind_kernel(&" + (*i)[1].str() + ", values); }\n";
  return out;
}

static bool compile(_nvrtcProgram *program, const std::string &folder, const std::string &architecture) {
  std::string kernels = folder + "/kernels", log = " 2>>" + folder + "/log";
  std::ofstream(kernels + ".cu") << with_shared_memory(without_assembler(program->source));
  std::string expand = "g++ -E -P -x c++ -D__CUDA_ARCH__=" + architecture + "0 " + kernels + ".cu -o " + kernels + ".ii" + log;
  if (system(expand.c_str()) != 0) return false;
  std::string expanded = contents(kernels + ".ii");
  std::ofstream(kernels + ".cpp") << "#include \"device.h\"\n" << expanded << binders(expanded);
  std::string make = std::string("g++ -std=c++20 -O2 -fcf-protection=none -w -shared -fPIC -I") + getenv("CUDA_ON_CPU") + " " +
                     kernels + ".cpp -o " + kernels + ".so" + log;
  if (system(make.c_str()) != 0) return false;
  program->library = contents(kernels + ".so");
  return true;
}

extern "C" {

// Of no real compiler, and another for other sources: kernels are cached under it.
int nvrtcVersion(int *major, int *minor) {
  *major = 0;
  *minor = -atoi(getenv("CUDA_ON_CPU_VERSION"));
  return 0;
}
int nvrtcCreateProgram(_nvrtcProgram **program, const char *source, const char *, int, const char *const *, const char *const *) {
  *program = new _nvrtcProgram{source, "", ""};
  return 0;
}
int nvrtcCompileProgram(_nvrtcProgram *program, int, const char *const *options) {
  char name[] = "/tmp/cuda-on-cpu-XXXXXX";
  std::string folder = mkdtemp(name);
  bool made = compile(program, folder, strstr(options[0], "sm_") + 3);
  program->log = contents(folder + "/log");
  return system(("rm -r " + folder).c_str()) == 0 && made ? 0 : 6;
}
int nvrtcGetCUBINSize(_nvrtcProgram *program, size_t *size) {
  *size = program->library.size();
  return 0;
}
int nvrtcGetCUBIN(_nvrtcProgram *program, char *out) {
  program->library.copy(out, program->library.size());
  return 0;
}
int nvrtcGetProgramLogSize(_nvrtcProgram *program, size_t *size) {
  *size = program->log.size();
  return 0;
}
int nvrtcGetProgramLog(_nvrtcProgram *program, char *out) {
  program->log.copy(out, program->log.size());
  return 0;
}
int nvrtcDestroyProgram(_nvrtcProgram **program) {
  delete *program;
  return 0;
}
const char *nvrtcGetErrorString(int) { return "an error of cuda-on-cpu"; }
}
