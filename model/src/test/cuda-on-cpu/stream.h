// What the libraries that stand in for CUDA's share.
#pragma once
#include <functional>
#include <mutex>

using Work = std::function<void()>;
using Lock = std::lock_guard<std::recursive_mutex>;

struct CUstream_st;
extern std::recursive_mutex gate; // calls come from several threads

void enqueue(CUstream_st *stream, Work work);
void drain(CUstream_st *stream); // does all its work
void drain_all();
bool is_recording(CUstream_st *stream);
[[noreturn]] void fail(const char *what, const char *more = "");
unsigned long seed(); // of the order of threads, blocks and streams: CUDA_ON_CPU_SEED
int number(const char *variable, int otherwise); // of the environment
int failed(int status); // remembers it for cudaGetLastError; returns it
