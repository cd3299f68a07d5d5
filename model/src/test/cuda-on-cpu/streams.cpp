// Streams, events and graphs. Work is done as late as it may be, when somebody waits for it; from
// seed 2 on, some of other streams' is done beside it.
#include "numbers.h"
#include "stream.h"
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <set>
#include <vector>

struct CUgraph_st {
  std::vector<Work> works;
};
struct CUgraphExec_st {
  std::shared_ptr<std::vector<Work>> works; // a launch may outlive it
};
struct CUstream_st {
  std::deque<Work> queue;
  long done = 0;
  CUgraph_st *recording = nullptr;
  long enqueued() const { return done + (long)queue.size(); }
};
struct CUevent_st {
  CUstream_st *stream = nullptr;
  long position = 0;
  bool timed = true, reached = false;
  std::chrono::steady_clock::time_point time;
};

std::recursive_mutex gate;
static std::set<CUstream_st *> streams;
static bool busy; // in the midst of work, whose waiting must not start other work at random

void fail(const char *what, const char *more) {
  fprintf(stderr, "cuda-on-cpu: %s%s\n", what, more);
  abort();
}
int number(const char *variable, int otherwise) {
  const char *text = getenv(variable);
  return text ? atoi(text) : otherwise;
}
unsigned long seed() {
  static const unsigned long seed = number("CUDA_ON_CPU_SEED", 0);
  return seed;
}
static bool one_in(int n) {
  static unsigned long state = seed();
  return on_cpu::random(state, n) == 0;
}

static void one(CUstream_st *stream) {
  bool was = busy;
  busy = true;
  Work work = std::move(stream->queue.front());
  work(); // counts as queued until it is done: it may wait for another stream
  stream->queue.pop_front();
  stream->done++;
  busy = was;
}
static void drain(CUstream_st *stream, long upto) {
  while (stream->done < upto) {
    if (seed() > 1 && !busy)
      for (CUstream_st *other : std::set<CUstream_st *>(streams))
        if (!other->queue.empty() && one_in(6)) one(other);
    if (stream->done < upto) one(stream);
  }
}
void drain(CUstream_st *stream) { drain(stream, stream->enqueued()); }
void drain_all() {
  for (CUstream_st *stream : std::set<CUstream_st *>(streams)) drain(stream);
}
bool is_recording(CUstream_st *stream) { return stream->recording; }
void enqueue(CUstream_st *stream, Work work) {
  Lock lock(gate);
  if (!streams.count(stream)) fail("work for a stream that does not exist");
  if (stream->recording)
    stream->recording->works.push_back(std::move(work));
  else
    stream->queue.push_back(std::move(work));
}

extern "C" {

int cudaStreamCreate(CUstream_st **stream) {
  Lock lock(gate);
  streams.insert(*stream = new CUstream_st());
  return 0;
}
int cudaStreamDestroy(CUstream_st *stream) { // its memory stays: events may name it
  Lock lock(gate);
  drain(stream);
  streams.erase(stream);
  return 0;
}
int cudaStreamSynchronize(CUstream_st *stream) {
  Lock lock(gate);
  if (stream->recording) fail("waiting for a stream that records");
  drain(stream);
  return 0;
}
int cudaStreamWaitEvent(CUstream_st *stream, CUevent_st *event, unsigned) {
  Lock lock(gate);
  if (stream->recording) fail("an event of another stream in a recording");
  if (CUstream_st *other = event->stream)
    enqueue(stream, [=, position = event->position] { drain(other, position); });
  return 0;
}

int cudaEventCreateWithFlags(CUevent_st **event, unsigned flags) {
  *event = new CUevent_st();
  (*event)->timed = !(flags & 2);
  return 0;
}
int cudaEventCreate(CUevent_st **event) { return cudaEventCreateWithFlags(event, 0); }
int cudaEventDestroy(CUevent_st *) { return 0; } // its memory stays: work may name it
int cudaEventRecord(CUevent_st *event, CUstream_st *stream) {
  Lock lock(gate);
  if (stream->recording) fail("an event in a recording");
  event->reached = false;
  enqueue(stream, [=] {
    event->time = std::chrono::steady_clock::now();
    event->reached = true;
  });
  event->stream = stream;
  event->position = stream->enqueued();
  return 0;
}
int cudaEventSynchronize(CUevent_st *event) {
  Lock lock(gate);
  if (event->stream) drain(event->stream, event->position);
  return 0;
}
int cudaEventElapsedTime(float *milliseconds, CUevent_st *from, CUevent_st *to) {
  Lock lock(gate);
  if (!from->timed || !to->timed || !from->stream || !to->stream) return failed(400);
  if (!from->reached || !to->reached) return failed(600);
  *milliseconds = std::chrono::duration<float, std::milli>(to->time - from->time).count();
  return 0;
}

int cudaStreamBeginCapture(CUstream_st *stream, int) {
  Lock lock(gate);
  stream->recording = new CUgraph_st();
  return 0;
}
int cudaStreamEndCapture(CUstream_st *stream, CUgraph_st **graph) {
  Lock lock(gate);
  *graph = stream->recording;
  stream->recording = nullptr;
  return 0;
}
int cudaGraphInstantiateWithFlags(CUgraphExec_st **executable, CUgraph_st *graph, unsigned long long) {
  *executable = new CUgraphExec_st{std::make_shared<std::vector<Work>>(graph->works)};
  return 0;
}
int cudaGraphDestroy(CUgraph_st *graph) {
  delete graph;
  return 0;
}
int cudaGraphLaunch(CUgraphExec_st *executable, CUstream_st *stream) {
  enqueue(stream, [works = executable->works] {
    for (const Work &work : *works) work();
  });
  return 0;
}
int cudaGraphExecDestroy(CUgraphExec_st *executable) {
  delete executable;
  return 0;
}
}
