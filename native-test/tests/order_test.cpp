// When asynchronous work runs: at once, or only when something waits for it.
#include <set>

#include "emulated_driver.h"

using namespace test;

namespace {

Handle OpenLazily(const char* order = "lazy") {
  emulatedGpuSet("EMULATED_GPU_ORDER", order);
  return OpenContext();
}

// x = value, by work in a stream.
void SetLater(CUdeviceptr x, float value, Handle stream) {
  unsigned bits;
  static_assert(sizeof bits == sizeof value);
  std::copy_n(reinterpret_cast<char*>(&value), sizeof value, reinterpret_cast<char*>(&bits));
  EXPECT(cuMemsetD32Async(x, bits, 1, stream), CUDA_SUCCESS);
}

}  // namespace

TEST(work_runs_at_once_by_default) {
  OpenContext();
  const CUdeviceptr x = Allocate(4);
  float* pinned = Pinned(1);
  SetLater(x, 3, NewStream());
  EXPECT(cuMemcpyDtoHAsync_v2(pinned, x, 4, NewStream()), CUDA_SUCCESS);
  EXPECT(*pinned, 3);
}

TEST(lazy_work_waits_until_it_is_waited_for) {
  OpenLazily();
  const Handle stream = NewStream();
  const CUdeviceptr x = Allocate(4);
  float* pinned = Pinned(1);
  *pinned = -1;
  SetLater(x, 3, stream);
  EXPECT(cuMemcpyDtoHAsync_v2(pinned, x, 4, stream), CUDA_SUCCESS);
  EXPECT(*pinned, -1);
  EXPECT(cuStreamSynchronize(NewStream()), CUDA_SUCCESS);
  EXPECT(*pinned, -1);
  EXPECT(cuStreamSynchronize(stream), CUDA_SUCCESS);
  EXPECT(*pinned, 3);
}

TEST(a_lazy_copy_reads_pinned_memory_when_it_runs) {
  OpenLazily();
  const Handle stream = NewStream();
  const CUdeviceptr x = Allocate(4);
  float* pinned = Pinned(1);
  *pinned = 1;
  EXPECT(cuMemcpyHtoDAsync_v2(x, pinned, 4, stream), CUDA_SUCCESS);
  *pinned = 2;
  EXPECT(cuStreamSynchronize(stream), CUDA_SUCCESS);
  EXPECT(FloatAt(x), 2);
}

TEST(a_lazy_copy_takes_pageable_memory_when_it_is_issued) {
  OpenLazily();
  const Handle stream = NewStream();
  const CUdeviceptr x = Allocate(4);
  float pageable = 1;
  EXPECT(cuMemcpyHtoDAsync_v2(x, &pageable, 4, stream), CUDA_SUCCESS);
  pageable = 2;
  EXPECT(cuStreamSynchronize(stream), CUDA_SUCCESS);
  EXPECT(FloatAt(x), 1);
}

TEST(a_lazy_copy_to_pageable_memory_is_waited_for) {
  OpenLazily();
  const Handle stream = NewStream();
  const CUdeviceptr x = Allocate(4);
  float pageable = 1;
  SetLater(x, 3, stream);
  EXPECT(cuMemcpyDtoHAsync_v2(&pageable, x, 4, stream), CUDA_SUCCESS);
  EXPECT(pageable, 3);
}

TEST(registered_memory_is_pinned) {
  OpenLazily();
  const Handle stream = NewStream();
  const CUdeviceptr x = Allocate(4);
  float registered = 1;
  EXPECT(cuMemHostRegister_v2(&registered, 4, 0), CUDA_SUCCESS);
  EXPECT(cuMemcpyHtoDAsync_v2(x, &registered, 4, stream), CUDA_SUCCESS);
  registered = 2;
  EXPECT(cuStreamSynchronize(stream), CUDA_SUCCESS);
  EXPECT(FloatAt(x), 2);
  EXPECT(cuMemHostUnregister(&registered), CUDA_SUCCESS);
}

TEST(memory_that_is_unregistered_before_its_copy_loses_the_context) {
  OpenLazily();
  const Handle stream = NewStream();
  float registered = 1;
  EXPECT(cuMemHostRegister_v2(&registered, 4, 0), CUDA_SUCCESS);
  EXPECT(cuMemcpyHtoDAsync_v2(Allocate(4), &registered, 4, stream), CUDA_SUCCESS);
  EXPECT(cuMemHostUnregister(&registered), CUDA_SUCCESS);
  EXPECT(cuStreamSynchronize(stream), CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT(Said("freed or unregistered before its copy"), true);
}

TEST(memory_that_is_freed_before_its_kernel_loses_the_context) {
  OpenLazily();
  const Handle stream = NewStream();
  const CUdeviceptr x = Allocate(4);
  EXPECT(LaunchOn(Kernel("add_one"), x, stream), CUDA_SUCCESS);
  EXPECT(cuMemFree_v2(x), CUDA_SUCCESS);
  EXPECT(cuStreamSynchronize(stream), CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT(Said("freed before"), true);
}

TEST(work_of_one_stream_keeps_its_order) {
  for (const char* order : {"eager", "lazy", "lazy:1", "lazy:2", "lazy:3"}) {
    StartAfresh();
    OpenLazily(order);
    const Handle stream = NewStream();
    const Handle add_one = Kernel("add_one");
    const Handle scale = Kernel("scale");
    const CUdeviceptr x = Allocate(4);
    SetLater(x, 3, stream);
    EXPECT(LaunchOn(add_one, x, stream), CUDA_SUCCESS);
    EXPECT(LaunchOn(scale, x, stream), CUDA_SUCCESS);
    EXPECT(cuStreamSynchronize(stream), CUDA_SUCCESS);
    EXPECT(FloatAt(x), 8);
  }
}

TEST(work_of_streams_without_an_event_between_them_comes_in_either_order) {
  std::set<float> seen;
  for (int seed = 0; seed < 16; ++seed) {
    StartAfresh();
    OpenLazily(("lazy:" + std::to_string(seed)).c_str());
    const Handle first = NewStream();
    const Handle second = NewStream();
    const CUdeviceptr x = Allocate(4);
    SetLater(x, 3, first);
    EXPECT(cuStreamSynchronize(first), CUDA_SUCCESS);
    EXPECT(LaunchOn(Kernel("add_one"), x, first), CUDA_SUCCESS);
    EXPECT(LaunchOn(Kernel("scale"), x, second), CUDA_SUCCESS);
    EXPECT(cuCtxSynchronize(), CUDA_SUCCESS);
    seen.insert(FloatAt(x));
  }
  EXPECT(seen == std::set<float>({7, 8}), true);
}

TEST(an_event_between_streams_orders_them) {
  for (int seed = 0; seed < 16; ++seed) {
    StartAfresh();
    OpenLazily(("lazy:" + std::to_string(seed)).c_str());
    const Handle first = NewStream();
    const Handle second = NewStream();
    const Handle event = NewEvent(kEventDisableTiming);
    const CUdeviceptr x = Allocate(4);
    SetLater(x, 3, first);
    EXPECT(LaunchOn(Kernel("add_one"), x, first), CUDA_SUCCESS);
    EXPECT(cuEventRecord(event, first), CUDA_SUCCESS);
    EXPECT(cuStreamWaitEvent(second, event, 0), CUDA_SUCCESS);
    EXPECT(LaunchOn(Kernel("scale"), x, second), CUDA_SUCCESS);
    EXPECT(cuStreamSynchronize(second), CUDA_SUCCESS);
    EXPECT(FloatAt(x), 8);
  }
}

TEST(the_null_stream_orders_blocking_streams) {
  for (int seed = 0; seed < 16; ++seed) {
    StartAfresh();
    OpenLazily(("lazy:" + std::to_string(seed)).c_str());
    const Handle first = NewStream(0);
    const Handle second = NewStream(0);
    const CUdeviceptr x = Allocate(4);
    SetLater(x, 3, first);
    EXPECT(LaunchOn(Kernel("add_one"), x, 0), CUDA_SUCCESS);
    EXPECT(LaunchOn(Kernel("scale"), x, second), CUDA_SUCCESS);
    EXPECT(cuStreamSynchronize(second), CUDA_SUCCESS);
    EXPECT(FloatAt(x), 8);
  }
}

TEST(the_null_stream_does_not_order_other_streams) {
  OpenLazily();
  const CUdeviceptr x = Allocate(4);
  EXPECT(cuMemsetD32_v2(x, 0, 1), CUDA_SUCCESS);
  EXPECT(cuStreamSynchronize(0), CUDA_SUCCESS);
  SetLater(x, 3, NewStream());
  EXPECT(FloatAt(x), 0);
}

TEST(one_seed_means_one_order) {
  const auto run = [] {
    StartAfresh();
    OpenLazily("lazy:5");
    const CUdeviceptr x = Allocate(4);
    EXPECT(cuMemsetD32_v2(x, 0, 1), CUDA_SUCCESS);
    EXPECT(cuCtxSynchronize(), CUDA_SUCCESS);
    const Handle add_one = Kernel("add_one");
    const Handle scale = Kernel("scale");
    for (int i = 0; i < 8; ++i) LaunchOn(i % 2 == 0 ? add_one : scale, x, NewStream());
    EXPECT(cuCtxSynchronize(), CUDA_SUCCESS);
    return FloatAt(x);
  };
  EXPECT(run(), run());
}

TEST(events_know_whether_their_work_is_done) {
  OpenLazily();
  const Handle stream = NewStream();
  const Handle start = NewEvent();
  const Handle end = NewEvent();
  float milliseconds = -1;
  EXPECT(cuEventQuery(start), CUDA_SUCCESS);
  EXPECT(cuEventElapsedTime(&milliseconds, start, end), CUDA_ERROR_INVALID_HANDLE);
  EXPECT(cuEventRecord(start, stream), CUDA_SUCCESS);
  SetLater(Allocate(4), 1, stream);
  EXPECT(cuEventRecord(end, stream), CUDA_SUCCESS);
  EXPECT(cuEventElapsedTime(&milliseconds, start, end), CUDA_ERROR_NOT_READY);
  EXPECT(cuEventSynchronize(end), CUDA_SUCCESS);
  EXPECT(cuEventQuery(end), CUDA_SUCCESS);
  EXPECT(cuEventElapsedTime(&milliseconds, start, end), CUDA_SUCCESS);
  EXPECT(milliseconds > 0, true);
  EXPECT(cuEventElapsedTime(&milliseconds, start, NewEvent(kEventDisableTiming)),
         CUDA_ERROR_INVALID_HANDLE);
}

TEST(polling_comes_to_an_end) {
  OpenLazily();
  const Handle stream = NewStream();
  const CUdeviceptr x = Allocate(4);
  SetLater(x, 1, stream);
  SetLater(x, 2, stream);
  int polls = 0;
  while (cuStreamQuery(stream) == CUDA_ERROR_NOT_READY) ++polls;
  EXPECT(polls, 2);
  EXPECT(FloatAt(x), 2);
}

TEST(a_slow_device_is_polled_more_often) {
  emulatedGpuSet("EMULATED_GPU_DEVICES", "2");
  emulatedGpuSet("EMULATED_GPU_SLOW", "1:5");
  for (CUdevice device : {0, 1}) {
    OpenLazily();
    OpenContext(device);
    const Handle stream = NewStream();
    SetLater(Allocate(4), 1, stream);
    SetLater(Allocate(4), 2, stream);
    int polls = 0;
    while (cuStreamQuery(stream) == CUDA_ERROR_NOT_READY) ++polls;
    EXPECT(polls, device == 1 ? 10 : 2);
  }
}

TEST(launches_are_counted_by_device) {
  emulatedGpuSet("EMULATED_GPU_DEVICES", "2");
  OpenContext();
  EXPECT(emulatedGpuLaunches(0), 0L);
  OpenContext(1);
  EXPECT(LaunchOn(Kernel("add_one"), Allocate(4)), CUDA_SUCCESS);
  EXPECT(emulatedGpuLaunches(0), 0L);
  EXPECT(emulatedGpuLaunches(1), 1L);
  EXPECT(emulatedGpuLaunches(2), 0L);
}

TEST(an_error_of_lazy_work_comes_with_the_wait) {
  OpenLazily();
  const Handle stream = NewStream();
  EXPECT(LaunchOn(Kernel("add_one"), 4096, stream), CUDA_SUCCESS);
  const CUdeviceptr x = Allocate(4);
  EXPECT(cuStreamSynchronize(stream), CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT(cuMemFree_v2(x), CUDA_ERROR_ILLEGAL_ADDRESS);
}

TEST(a_host_function_runs_in_its_turn_and_may_not_call_the_driver) {
  OpenLazily();
  const Handle stream = NewStream();
  CUresult result = CUDA_SUCCESS;
  const auto function = [](void* data) {
    *static_cast<CUresult*>(data) = cuCtxSynchronize();
  };
  EXPECT(cuLaunchHostFunc(stream, function, &result), CUDA_SUCCESS);
  EXPECT(result, CUDA_SUCCESS);
  EXPECT(cuStreamSynchronize(stream), CUDA_SUCCESS);
  EXPECT(result, CUDA_ERROR_NOT_PERMITTED);
}

TEST(a_destroyed_stream_still_does_its_work) {
  OpenLazily();
  const Handle stream = NewStream();
  const CUdeviceptr x = Allocate(4);
  SetLater(x, 3, stream);
  EXPECT(cuStreamDestroy_v2(stream), CUDA_SUCCESS);
  EXPECT(cuStreamDestroy_v2(stream), CUDA_ERROR_INVALID_HANDLE);
  EXPECT(cuCtxSynchronize(), CUDA_SUCCESS);
  EXPECT(FloatAt(x), 3);
}

TEST_MAIN
