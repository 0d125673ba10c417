// A stream of a device that is not there, as the stand-in for NCCL sees it across the boundary of
// its shared library.
#ifndef BATON_WORKER_COMM_TESTING_FAKE_STREAM_H_
#define BATON_WORKER_COMM_TESTING_FAKE_STREAM_H_

namespace baton {

// enqueue: run(argument) will be called on the stream's own thread after all that was enqueued
// before has returned. Any thread.
struct FakeStream {
  void (*enqueue)(FakeStream* stream, void (*run)(void* argument), void* argument);
};

}  // namespace baton

#endif  // BATON_WORKER_COMM_TESTING_FAKE_STREAM_H_
