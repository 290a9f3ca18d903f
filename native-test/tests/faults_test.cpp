// What is planted on purpose: devices other than usual, faults and mutants.
#include <cstdlib>

#include "emulated_driver.h"

using namespace test;

namespace {

// Plants a mutant of the folder of these tests.
int Plant(const char* mutant) {
  setenv("EMULATED_GPU_MUTANTS", File("mutants").c_str(), 1);
  setenv("EMULATED_GPU_PTX", File("").c_str(), 1);
  return emulatedGpuSet("EMULATED_GPU_MUTANT", mutant);
}

}  // namespace

TEST(a_device_is_what_it_is_told_to_be) {
  emulatedGpuSet("EMULATED_GPU_DEVICES", "3");
  emulatedGpuSet("EMULATED_GPU_COMPUTE", "120");
  emulatedGpuSet("EMULATED_GPU_SMS", "7");
  emulatedGpuSet("EMULATED_GPU_SHARED", "32768");
  emulatedGpuSet("EMULATED_GPU_SHARED_OPTIN", "65536");
  emulatedGpuSet("EMULATED_GPU_MEMORY", "123456");
  EXPECT(cuInit(0), CUDA_SUCCESS);
  int value = 0;
  EXPECT(cuDeviceGetCount(&value), CUDA_SUCCESS);
  EXPECT(value, 3);
  char name[64];
  EXPECT(cuDeviceGetName(name, sizeof name, 2), CUDA_SUCCESS);
  EXPECT(std::string(name), "emulated GPU 2");
  EXPECT(cuDeviceGetName(name, sizeof name, 3), CUDA_ERROR_INVALID_DEVICE);
  CUuuid first;
  CUuuid second;
  EXPECT(cuDeviceGetUuid(&first, 0), CUDA_SUCCESS);
  EXPECT(cuDeviceGetUuid(&second, 1), CUDA_SUCCESS);
  EXPECT(std::string(first.bytes, 16) == std::string(second.bytes, 16), false);
  const std::pair<int, int> attributes[] = {{kComputeCapabilityMajor, 12},
                                            {kComputeCapabilityMinor, 0},
                                            {kMultiprocessorCount, 7},
                                            {kMaxSharedMemoryPerBlock, 32768},
                                            {kMaxSharedMemoryPerBlockOptin, 65536},
                                            {kWarpSize, 32}};
  for (const auto& [attribute, wanted] : attributes) {
    EXPECT(cuDeviceGetAttribute(&value, attribute, 0), CUDA_SUCCESS);
    EXPECT(value, wanted);
  }
  std::size_t bytes = 0;
  EXPECT(cuDeviceTotalMem_v2(&bytes, 0), CUDA_SUCCESS);
  EXPECT(bytes, 123456u);
}

TEST(there_may_be_no_device) {
  emulatedGpuSet("EMULATED_GPU_DEVICES", "0");
  EXPECT(cuInit(0), CUDA_ERROR_NO_DEVICE);
}

TEST(calls_need_cuInit_and_a_context) {
  int count = 0;
  EXPECT(cuDeviceGetCount(&count), CUDA_ERROR_NOT_INITIALIZED);
  EXPECT(cuInit(0), CUDA_SUCCESS);
  EXPECT(cuCtxSetCurrent(0), CUDA_SUCCESS);
  CUdeviceptr pointer = 0;
  EXPECT(cuMemAlloc_v2(&pointer, 4), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT(Said("misuse: cuMemAlloc_v2: this thread has no current context"), true);
}

TEST(contexts_are_stacked_and_may_be_gone) {
  const Handle context = OpenContext();
  Handle other = 0;
  Handle current = 0;
  EXPECT(cuCtxCreate_v2(&other, 0, 0), CUDA_SUCCESS);
  EXPECT(cuCtxGetCurrent(&current), CUDA_SUCCESS);
  EXPECT(current, other);
  EXPECT(cuCtxPopCurrent_v2(&current), CUDA_SUCCESS);
  EXPECT(current, other);
  EXPECT(cuCtxGetCurrent(&current), CUDA_SUCCESS);
  EXPECT(current, context);
  EXPECT(cuCtxPushCurrent_v2(other), CUDA_SUCCESS);
  EXPECT(cuCtxDestroy_v2(other), CUDA_SUCCESS);
  EXPECT(cuCtxPushCurrent_v2(other), CUDA_ERROR_CONTEXT_IS_DESTROYED);
  EXPECT(cuDevicePrimaryCtxRelease_v2(0), CUDA_SUCCESS);
  unsigned flags = 0;
  int active = 1;
  EXPECT(cuDevicePrimaryCtxGetState(0, &flags, &active), CUDA_SUCCESS);
  EXPECT(active, 0);
  EXPECT(cuCtxSynchronize(), CUDA_ERROR_CONTEXT_IS_DESTROYED);
}

TEST(an_entry_point_that_is_not_emulated_says_so) {
  int graph = 0;
  EXPECT(cuGraphCreate(&graph, 0), CUDA_ERROR_NOT_SUPPORTED);
}

TEST(errors_have_names) {
  const char* text = nullptr;
  EXPECT(cuGetErrorName(CUDA_ERROR_ILLEGAL_ADDRESS, &text), CUDA_SUCCESS);
  EXPECT(std::string(text), "CUDA_ERROR_ILLEGAL_ADDRESS");
  EXPECT(cuGetErrorString(CUDA_ERROR_ILLEGAL_ADDRESS, &text), CUDA_SUCCESS);
  EXPECT(std::string(text), "an illegal memory access was encountered");
  EXPECT(cuGetErrorName(static_cast<CUresult>(12345), &text), CUDA_ERROR_INVALID_VALUE);
}

TEST(the_nth_call_fails_as_planned) {
  OpenContext();
  EXPECT(emulatedGpuSet("EMULATED_GPU_FAULTS", "cuMemAlloc_v2:3=2, cuMemFree_v2:1+=999"), 0);
  CUdeviceptr pointer = 0;
  EXPECT(cuMemAlloc_v2(&pointer, 4), CUDA_SUCCESS);
  EXPECT(cuMemAlloc_v2(&pointer, 4), CUDA_SUCCESS);
  EXPECT(cuMemAlloc_v2(&pointer, 4), CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT(cuMemAlloc_v2(&pointer, 4), CUDA_SUCCESS);
  EXPECT(cuMemFree_v2(pointer), CUDA_ERROR_UNKNOWN);
  EXPECT(cuMemFree_v2(pointer), CUDA_ERROR_UNKNOWN);
  EXPECT(Reported(), "");
}

TEST(a_sticky_fault_loses_the_context) {
  OpenContext();
  EXPECT(emulatedGpuSet("EMULATED_GPU_FAULTS", "cuLaunchKernel:2=700sticky"), 0);
  const Handle add_one = Kernel("add_one");
  const CUdeviceptr x = Allocate(4);
  EXPECT(LaunchOn(add_one, x), CUDA_SUCCESS);
  EXPECT(LaunchOn(add_one, x), CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT(cuMemFree_v2(x), CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT(cuDevicePrimaryCtxRelease_v2(0), CUDA_SUCCESS);
  EXPECT(Reported(), "");
}

TEST(settings_that_cannot_be_are_refused) {
  EXPECT(emulatedGpuSet("EMULATED_GPU_FAULTS", "cuLaunchKernel=700"), -1);
  EXPECT(Said("settings: EMULATED_GPU_FAULTS: \"cuLaunchKernel=700\" is not FUNCTION:N=CODE"),
         true);
  EXPECT(emulatedGpuSet("EMULATED_GPU_FAULTS", "cuLaunchKernel:0=700"), -1);
  EXPECT(emulatedGpuSet("EMULATED_GPU_ORDER", "idle"), -1);
  EXPECT(emulatedGpuSet("EMULATED_GPU_SCHEDULE", "sideways"), -1);
  EXPECT(emulatedGpuSet("EMULATED_GPU_SCHEDULE", "shuffled:7"), 0);
  EXPECT(emulatedGpuSet("EMULATED_GPU_ROUNDING", "lowest"), 0);
  EXPECT(emulatedGpuSet("EMULATED_GPU_MEMROY", "1"), -1);
  EXPECT(Plant("no_such_mutant"), -1);
  EXPECT(Plant("without_killer"), -1);
  EXPECT(Plant("without_change"), -1);
}

TEST(the_environment_is_read_and_refused_where_it_is_wrong) {
  setenv("EMULATED_GPU_DEVICES", "5", 1);
  emulatedGpuReset();
  int count = 0;
  EXPECT(cuInit(0), CUDA_SUCCESS);
  EXPECT(cuDeviceGetCount(&count), CUDA_SUCCESS);
  EXPECT(count, 5);
  setenv("EMULATED_GPU_DEVICES", "many", 1);
  setenv("EMULATED_GPU_REPORT", ReportFile().c_str(), 1);
  emulatedGpuReset();
  EXPECT(cuInit(0), CUDA_ERROR_SYSTEM_NOT_READY);
  EXPECT(Said("settings: EMULATED_GPU_DEVICES=many is not a number"), true);
  unsetenv("EMULATED_GPU_DEVICES");
  unsetenv("EMULATED_GPU_REPORT");
}

TEST(a_mutant_edits_the_module_that_it_names) {
  EXPECT(Plant("store_out_of_bounds"), 0);
  OpenContext();
  const CUdeviceptr x = Allocate(4);
  EXPECT(cuMemsetD32_v2(x, 0, 1), CUDA_SUCCESS);
  EXPECT(LaunchOn(Kernel("add_one"), x), CUDA_SUCCESS);
  EXPECT(LaunchSmoke(Kernel("smoke"), x, x, 1, 1, 1), CUDA_SUCCESS);
  EXPECT(cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT(Said("mutant: store_out_of_bounds planted in module kernels"), true);
}

TEST(a_mutant_leaves_other_modules_alone) {
  EXPECT(Plant("store_out_of_bounds"), 0);
  OpenContext();
  Handle module = 0;
  const std::string other = Contents(File("kernels.ptx")) + "// another module\n";
  EXPECT(cuModuleLoadData(&module, other.c_str()), CUDA_SUCCESS);
  EXPECT(Said("mutant"), false);
}

TEST(a_mutant_may_change_the_head_of_every_module) {
  EXPECT(Plant("version_too_new"), 0);
  OpenContext();
  Handle module = 0;
  EXPECT(cuModuleLoadData(&module, Contents(File("kernels.ptx")).c_str()),
         CUDA_ERROR_UNSUPPORTED_PTX_VERSION);
}

TEST(a_mutant_that_changes_nothing_is_an_error) {
  for (const char* mutant : {"pattern_not_found", "occurrence_not_found", "kernel_not_found"}) {
    StartAfresh();
    EXPECT(Plant(mutant), 0);
    OpenContext();
    Handle module = 0;
    EXPECT(cuModuleLoadData(&module, Contents(File("kernels.ptx")).c_str()), CUDA_ERROR_UNKNOWN);
    EXPECT(Said("broken mutant: "), true);
  }
}

TEST(a_mutant_skips_a_free) {
  EXPECT(Plant("leaked_buffer"), 0);
  OpenContext();
  const CUdeviceptr first = Allocate(16);
  const CUdeviceptr second = Allocate(32);
  EXPECT(cuMemFree_v2(first), CUDA_SUCCESS);
  EXPECT(cuMemFree_v2(second), CUDA_SUCCESS);
  EXPECT(cuDevicePrimaryCtxRelease_v2(0), CUDA_SUCCESS);
  EXPECT(Said("leak: 16 bytes"), false);
  EXPECT(Said("leak: 32 bytes"), true);
  EXPECT(Said("mutant: leaked_buffer planted in cuMemFree_v2"), true);
}

TEST(a_mutant_frees_twice) {
  EXPECT(Plant("double_free"), 0);
  OpenContext();
  EXPECT(cuMemFree_v2(Allocate(16)), CUDA_ERROR_INVALID_VALUE);
  EXPECT(Said("freed before"), true);
}

TEST(a_mutant_does_not_wait_for_streams) {
  EXPECT(Plant("missing_stream_synchronization"), 0);
  OpenContext();
  const Handle stream = NewStream();
  const CUdeviceptr x = Allocate(4);
  float* pinned = Pinned(1);
  *pinned = -1;
  EXPECT(cuMemsetD32Async(x, 0, 1, stream), CUDA_SUCCESS);
  EXPECT(cuMemcpyDtoHAsync_v2(pinned, x, 4, stream), CUDA_SUCCESS);
  EXPECT(cuStreamSynchronize(stream), CUDA_SUCCESS);
  EXPECT(*pinned, -1);
  EXPECT(cuCtxSynchronize(), CUDA_SUCCESS);
  EXPECT(*pinned, 0);
}

TEST(a_mutant_makes_a_stream_on_another_device) {
  emulatedGpuSet("EMULATED_GPU_DEVICES", "2");
  EXPECT(Plant("stream_of_another_device"), 0);
  OpenContext(1);
  OpenContext();
  const CUdeviceptr x = Allocate(4);
  EXPECT(cuMemsetD32Async(x, 0, 1, NewStream()), CUDA_ERROR_INVALID_HANDLE);
  EXPECT(Said("the stream belongs to another context"), true);
}

TEST_MAIN
