// Modules, launches, and the errors that nothing recovers from.
#include <cmath>
#include <cstring>
#include <set>
#include <thread>

#include "emulated_driver.h"

using namespace test;

namespace {

std::string Ptx() { return Contents(File("kernels.ptx")); }

std::string PtxWith(const std::string& what, const std::string& instead) {
  std::string ptx = Ptx();
  return ptx.replace(ptx.find(what), what.size(), instead);
}

CUresult Load(const std::string& ptx) {
  Handle module = 0;
  return cuModuleLoadData(&module, ptx.c_str());
}

}  // namespace

TEST(a_kernel_runs) {
  OpenContext();
  const CUdeviceptr x = Allocate(4 * 200);
  const CUdeviceptr y = Allocate(4 * 200);
  std::vector<float> values(200);
  for (int i = 0; i < 200; ++i) values[i] = static_cast<float>(i);
  EXPECT(cuMemcpyHtoD_v2(x, values.data(), 800), CUDA_SUCCESS);
  EXPECT(LaunchSmoke(Kernel("smoke"), x, y, 200, 2, 128), CUDA_SUCCESS);
  EXPECT(cuMemcpyDtoH_v2(values.data(), y, 800), CUDA_SUCCESS);
  for (int i = 0; i < 200; ++i) EXPECT(values[i], 2.0f * i + 1);
  EXPECT(Reported(), "");
}

TEST(parameters_may_come_in_one_buffer) {
  OpenContext();
  const CUdeviceptr x = Allocate(4);
  EXPECT(cuMemsetD32_v2(x, 0, 1), CUDA_SUCCESS);
  const Handle add_one = Kernel("add_one");
  CUdeviceptr buffer = x;
  std::size_t size = 8;
  void* extra[] = {reinterpret_cast<void*>(1), &buffer, reinterpret_cast<void*>(2), &size, nullptr};
  EXPECT(cuLaunchKernel(add_one, 1, 1, 1, 1, 1, 1, 0, 0, nullptr, extra), CUDA_SUCCESS);
  EXPECT(FloatAt(x), 1);
  size = 12;
  EXPECT(cuLaunchKernel(add_one, 1, 1, 1, 1, 1, 1, 0, 0, nullptr, extra), CUDA_ERROR_INVALID_VALUE);
  EXPECT(Said("takes 8 bytes of parameters and is given 12"), true);
}

TEST(a_parameter_that_is_missing_is_refused) {
  OpenContext();
  const Handle smoke = Kernel("smoke");
  EXPECT(cuLaunchKernel(smoke, 1, 1, 1, 1, 1, 1, 0, 0, nullptr, nullptr), CUDA_ERROR_INVALID_VALUE);
  CUdeviceptr x = Allocate(4);
  void* parameters[] = {&x, &x, nullptr};
  EXPECT(cuLaunchKernel(smoke, 1, 1, 1, 1, 1, 1, 0, 0, parameters, nullptr),
         CUDA_ERROR_INVALID_VALUE);
  EXPECT(Said("parameter 2 of kernel smoke is missing"), true);
  void* nowhere[] = {&x, &x, reinterpret_cast<void*>(16)};
  EXPECT(cuLaunchKernel(smoke, 1, 1, 1, 1, 1, 1, 0, 0, nowhere, nullptr), CUDA_ERROR_INVALID_VALUE);
  EXPECT(Said("parameter 2 of kernel smoke cannot be read"), true);
}

TEST(a_launch_beyond_the_limits_is_refused) {
  OpenContext();
  const Handle smoke = Kernel("smoke");
  const Handle add_one = Kernel("add_one");
  CUdeviceptr x = Allocate(4);
  void* parameters[] = {&x};
  const auto launch = [&](unsigned gx, unsigned gy, unsigned bx, unsigned by, unsigned bz,
                          unsigned shared) {
    return cuLaunchKernel(add_one, gx, gy, 1, bx, by, bz, shared, 0, parameters, nullptr);
  };
  EXPECT(launch(0, 1, 1, 1, 1, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT(launch(1, 65536, 1, 1, 1, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT(launch(1, 1, 1025, 1, 1, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT(launch(1, 1, 1, 1, 65, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT(launch(1, 1, 64, 32, 1, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT(launch(1, 1, 1, 1, 1, 49153), CUDA_ERROR_INVALID_VALUE);
  EXPECT(launch(1, 1, 1, 1, 1, 49152), CUDA_SUCCESS);
  EXPECT(LaunchSmoke(smoke, x, x, 1, 1, 129), CUDA_ERROR_INVALID_VALUE);
  EXPECT(Said("more threads a block than the kernel's 128"), true);
}

TEST(shared_memory_above_the_default_is_asked_for) {
  OpenContext();
  const Handle give_up = Kernel("give_up");
  int value = 0;
  EXPECT(cuFuncGetAttribute(&value, kFunctionSharedSizeBytes, give_up), CUDA_SUCCESS);
  EXPECT(value, 1024);
  EXPECT(cuFuncGetAttribute(&value, kFunctionMaxDynamicSharedSizeBytes, give_up), CUDA_SUCCESS);
  EXPECT(value, 48 * 1024 - 1024);
  EXPECT(cuFuncSetAttribute(give_up, kFunctionMaxDynamicSharedSizeBytes, 98 * 1024 + 1),
         CUDA_ERROR_INVALID_VALUE);
  EXPECT(cuFuncSetAttribute(give_up, kFunctionMaxDynamicSharedSizeBytes, 98 * 1024), CUDA_SUCCESS);
  int blocks = -1;
  EXPECT(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, give_up, 128, 98 * 1024),
         CUDA_SUCCESS);
  EXPECT(blocks, 1);
  EXPECT(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, give_up, 128, 0), CUDA_SUCCESS);
  EXPECT(blocks, 12);
}

TEST(ptx_newer_than_the_driver_is_refused) {
  emulatedGpuSet("EMULATED_GPU_DRIVER", "11040");
  OpenContext();
  int version = 0;
  EXPECT(cuDriverGetVersion(&version), CUDA_SUCCESS);
  EXPECT(version, 11040);
  EXPECT(Load(PtxWith(".version 6.3", ".version 7.5")), CUDA_ERROR_UNSUPPORTED_PTX_VERSION);
  EXPECT(Load(PtxWith(".version 6.3", ".version 7.4")), CUDA_SUCCESS);
  emulatedGpuSet("EMULATED_GPU_DRIVER", "12060");
  EXPECT(Load(PtxWith(".version 6.3", ".version 8.5")), CUDA_SUCCESS);
  EXPECT(Load(PtxWith(".version 6.3", ".version 8.6")), CUDA_ERROR_UNSUPPORTED_PTX_VERSION);
}

TEST(ptx_for_a_newer_device_is_refused) {
  emulatedGpuSet("EMULATED_GPU_COMPUTE", "75");
  OpenContext();
  EXPECT(Load(PtxWith("sm_75", "sm_80")), CUDA_ERROR_INVALID_PTX);
  EXPECT(Load(Ptx()), CUDA_SUCCESS);
}

TEST(what_is_no_ptx_is_refused_and_the_log_says_why) {
  OpenContext();
  EXPECT(Load("\177ELF"), CUDA_ERROR_INVALID_IMAGE);
  EXPECT(Load(""), CUDA_ERROR_INVALID_IMAGE);
  char log[256] = {};
  int options[] = {kJitErrorLogBuffer, kJitErrorLogBufferSize};
  void* values[] = {log, reinterpret_cast<void*>(sizeof log)};
  Handle module = 0;
  const std::string ptx = PtxWith("fma.rn.f32", "nonsense.f32");
  EXPECT(cuModuleLoadDataEx(&module, ptx.c_str(), 2, options, values), CUDA_ERROR_INVALID_PTX);
  EXPECT(std::string(log).find("nonsense") != std::string::npos, true);
  EXPECT(reinterpret_cast<std::size_t>(values[1]), std::strlen(log));
}

TEST(a_kernel_that_is_not_there_is_not_found) {
  OpenContext();
  Handle module = 0;
  Handle function = 0;
  EXPECT(cuModuleLoadData(&module, Ptx().c_str()), CUDA_SUCCESS);
  EXPECT(cuModuleGetFunction(&function, module, "nothing"), CUDA_ERROR_NOT_FOUND);
  EXPECT(cuModuleGetFunction(&function, module, "smoke"), CUDA_SUCCESS);
  EXPECT(cuModuleUnload(module), CUDA_SUCCESS);
  EXPECT(cuModuleUnload(module), CUDA_ERROR_INVALID_HANDLE);
  EXPECT(LaunchSmoke(function, 0, 0, 0, 1, 1), CUDA_ERROR_INVALID_HANDLE);
}

TEST(an_illegal_address_loses_the_context) {
  OpenContext();
  const CUdeviceptr x = Allocate(16);
  const Handle smoke = Kernel("smoke");
  EXPECT(LaunchSmoke(smoke, x, Allocate(12), 4, 1, 32), CUDA_SUCCESS);
  EXPECT(cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT(Said("lost: kernel smoke, grid 1x1x1, block 32x1x1"), true);
  EXPECT(Said("4 bytes past its end"), true);
  EXPECT(cuMemFree_v2(x), CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT(LaunchSmoke(smoke, x, x, 1, 1, 1), CUDA_ERROR_ILLEGAL_ADDRESS);
  float host = 0;
  EXPECT(cuMemcpyDtoH_v2(&host, x, 4), CUDA_ERROR_ILLEGAL_ADDRESS);
  int count = 0;
  EXPECT(cuDeviceGetCount(&count), CUDA_SUCCESS);
  EXPECT(cuDevicePrimaryCtxRelease_v2(0), CUDA_SUCCESS);
  EXPECT(Said("leak"), false);
  OpenContext();
  EXPECT(cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
}

TEST(another_device_is_not_lost) {
  emulatedGpuSet("EMULATED_GPU_DEVICES", "2");
  OpenContext(0);
  EXPECT(LaunchOn(Kernel("add_one"), 4096), CUDA_SUCCESS);
  EXPECT(cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
  OpenContext(1);
  EXPECT(cuCtxSynchronize(), CUDA_SUCCESS);
  EXPECT(LaunchOn(Kernel("add_one"), Allocate(4)), CUDA_SUCCESS);
  EXPECT(cuCtxSynchronize(), CUDA_SUCCESS);
}

TEST(a_misaligned_address_and_a_trap_have_their_codes) {
  OpenContext();
  EXPECT(LaunchOn(Kernel("add_one"), Allocate(16) + 2), CUDA_SUCCESS);
  EXPECT(cuCtxSynchronize(), CUDA_ERROR_MISALIGNED_ADDRESS);
  StartAfresh();
  OpenContext();
  EXPECT(cuLaunchKernel(Kernel("give_up"), 1, 1, 1, 32, 1, 1, 0, 0, nullptr, nullptr),
         CUDA_SUCCESS);
  EXPECT(cuCtxSynchronize(), CUDA_ERROR_LAUNCH_FAILED);
}

TEST(a_kernel_may_not_touch_freed_memory_nor_another_devices) {
  emulatedGpuSet("EMULATED_GPU_DEVICES", "2");
  OpenContext(0);
  const CUdeviceptr x = Allocate(4);
  EXPECT(cuMemFree_v2(x), CUDA_SUCCESS);
  EXPECT(LaunchOn(Kernel("add_one"), x), CUDA_SUCCESS);
  EXPECT(cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT(Said("freed before"), true);
  OpenContext(1);
  const CUdeviceptr y = Allocate(4);
  Handle other = 0;
  EXPECT(cuCtxCreate_v2(&other, 0, 1), CUDA_SUCCESS);
  EXPECT(LaunchOn(Kernel("add_one"), y), CUDA_SUCCESS);
  EXPECT(cuCtxSynchronize(), CUDA_SUCCESS);
  EXPECT(cuCtxDestroy_v2(other), CUDA_SUCCESS);
}

TEST(a_kernel_may_touch_pinned_memory) {
  OpenContext();
  float* pinned = Pinned(1);
  *pinned = 4;
  CUdeviceptr mapped = 0;
  EXPECT(cuMemHostGetDevicePointer_v2(&mapped, pinned, 0), CUDA_SUCCESS);
  EXPECT(LaunchOn(Kernel("add_one"), mapped), CUDA_SUCCESS);
  EXPECT(*pinned, 5);
  float registered[1] = {7};
  EXPECT(cuMemHostRegister_v2(registered, 4, kRegisterReadOnly), CUDA_SUCCESS);
  EXPECT(LaunchOn(Kernel("add_one"), reinterpret_cast<CUdeviceptr>(registered)), CUDA_SUCCESS);
  EXPECT(cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT(Said("registered to be read"), true);
}

TEST(handles_belong_to_their_context) {
  emulatedGpuSet("EMULATED_GPU_DEVICES", "2");
  OpenContext(0);
  const Handle stream = NewStream();
  const Handle event = NewEvent();
  const Handle add_one = Kernel("add_one");
  OpenContext(1);
  const CUdeviceptr x = Allocate(4);
  EXPECT(LaunchOn(add_one, x), CUDA_ERROR_INVALID_HANDLE);
  EXPECT(LaunchOn(Kernel("add_one"), x, stream), CUDA_ERROR_INVALID_HANDLE);
  EXPECT(cuEventRecord(event, 0), CUDA_ERROR_INVALID_HANDLE);
  EXPECT(cuStreamSynchronize(stream), CUDA_ERROR_INVALID_HANDLE);
  EXPECT(Said("the stream belongs to another context"), true);
  EXPECT(cuStreamSynchronize(12345), CUDA_ERROR_INVALID_HANDLE);
}

TEST(the_schedule_says_which_thread_comes_last) {
  OpenContext();
  CUdeviceptr x = Allocate(4);
  const Handle last_thread = Kernel("last_thread");
  const auto last = [&](const char* schedule) {
    EXPECT(emulatedGpuSet("EMULATED_GPU_SCHEDULE", schedule), 0);
    void* parameters[] = {&x};
    EXPECT(cuLaunchKernel(last_thread, 1, 1, 1, 96, 1, 1, 0, 0, parameters, nullptr), CUDA_SUCCESS);
    return FloatAt(x);
  };
  EXPECT(last("forward"), 95);
  EXPECT(last("backward"), 0);
  EXPECT(last("shuffled:1"), last("shuffled:1"));
  std::set<float> seen;
  for (int seed = 0; seed < 8; ++seed) {
    seen.insert(last(("shuffled:" + std::to_string(seed)).c_str()));
  }
  EXPECT(seen.size() > 1, true);
}

TEST(the_rounding_says_how_approximations_err) {
  OpenContext();
  const Handle power = Kernel("power");
  const CUdeviceptr x = Allocate(4);
  const auto rounded = [&](const char* rounding) {
    EXPECT(emulatedGpuSet("EMULATED_GPU_ROUNDING", rounding), 0);
    const float exponent = 0.3f;
    EXPECT(cuMemcpyHtoD_v2(x, &exponent, 4), CUDA_SUCCESS);
    EXPECT(LaunchOn(power, x), CUDA_SUCCESS);
    return FloatAt(x);
  };
  const float nearest = rounded("nearest");
  EXPECT(std::abs(nearest - std::exp2(0.3)) < 1e-6, true);
  EXPECT(rounded("highest") > nearest, true);
  EXPECT(rounded("lowest") < nearest, true);
}

TEST(calls_come_from_many_threads) {
  const Handle context = OpenContext();
  const Handle smoke = Kernel("smoke");
  std::vector<std::thread> threads;
  std::vector<float> results(8);
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      cuCtxSetCurrent(context);
      Handle stream = 0;
      cuStreamCreate(&stream, kStreamNonBlocking);
      for (int i = 0; i < 50; ++i) {
        CUdeviceptr x = 0;
        cuMemAlloc_v2(&x, 4);
        const float value = static_cast<float>(t);
        cuMemcpyHtoDAsync_v2(x, &value, 4, stream);
        LaunchSmoke(smoke, x, x, 1, 1, 1, stream);
        cuMemcpyDtoHAsync_v2(&results[t], x, 4, stream);
        cuStreamSynchronize(stream);
        cuMemFree_v2(x);
      }
      cuStreamDestroy_v2(stream);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int t = 0; t < 8; ++t) EXPECT(results[t], 2.0f * t + 1);
  EXPECT(Reported(), "");
}

TEST_MAIN
