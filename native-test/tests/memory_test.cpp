// Memory: what is given out, and what no correct program does with it.
#include <cmath>
#include <cstring>

#include "emulated_driver.h"

using namespace test;

TEST(copies_come_back) {
  OpenContext();
  const CUdeviceptr pointer = Allocate(12);
  const float out[3] = {1, 2, 3};
  float back[3] = {};
  EXPECT(cuMemcpyHtoD_v2(pointer, out, 12), CUDA_SUCCESS);
  EXPECT(cuMemcpyDtoH_v2(back, pointer, 12), CUDA_SUCCESS);
  EXPECT(back[2], 3);
  EXPECT(cuMemFree_v2(pointer), CUDA_SUCCESS);
  EXPECT(cuDevicePrimaryCtxRelease_v2(0), CUDA_SUCCESS);
  EXPECT(Reported(), "");
}

TEST(fresh_memory_is_no_number) {
  OpenContext();
  EXPECT(std::isnan(FloatAt(Allocate(4))), true);
}

TEST(memory_is_aligned_to_256_and_no_more) {
  OpenContext();
  for (int i = 0; i < 3; ++i) EXPECT(Allocate(100) % 512, 256u);
}

TEST(memory_runs_out) {
  emulatedGpuSet("EMULATED_GPU_MEMORY", "4096");
  OpenContext();
  std::size_t free = 0;
  std::size_t total = 0;
  const CUdeviceptr pointer = Allocate(1000);
  EXPECT(cuMemGetInfo_v2(&free, &total), CUDA_SUCCESS);
  EXPECT(total, 4096u);
  EXPECT(free, 3072u);
  CUdeviceptr other = 0;
  EXPECT(cuMemAlloc_v2(&other, 3073), CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT(cuMemFree_v2(pointer), CUDA_SUCCESS);
  EXPECT(cuMemAlloc_v2(&other, 3073), CUDA_SUCCESS);
  EXPECT(Reported(), "");
}

TEST(a_huge_block_stays_sparse) {
  emulatedGpuSet("EMULATED_GPU_MEMORY", "1000000000000");
  OpenContext();
  const std::size_t bytes = std::size_t{100} << 30;
  const CUdeviceptr pointer = Allocate(bytes);
  EXPECT(cuMemsetD8_v2(pointer + bytes - 4, 0, 4), CUDA_SUCCESS);
  EXPECT(FloatAt(pointer + bytes - 4), 0);
  EXPECT(cuMemFree_v2(pointer), CUDA_SUCCESS);
}

TEST(a_copy_past_the_end_is_refused) {
  OpenContext();
  const CUdeviceptr pointer = Allocate(16);
  char host[32] = {};
  EXPECT(cuMemcpyHtoD_v2(pointer, host, 17), CUDA_ERROR_INVALID_VALUE);
  EXPECT(Said("1 bytes past its end"), true);
  EXPECT(cuMemcpyDtoH_v2(host, pointer + 12, 8), CUDA_ERROR_INVALID_VALUE);
  EXPECT(Said("4 bytes past its end"), true);
  EXPECT(cuMemcpyDtoD_v2(pointer, Allocate(8), 16), CUDA_ERROR_INVALID_VALUE);
  EXPECT(cuMemsetD32_v2(pointer, 0, 5), CUDA_ERROR_INVALID_VALUE);
  EXPECT(cuMemcpyHtoD_v2(pointer - 4, host, 4), CUDA_ERROR_INVALID_VALUE);
  EXPECT(Said("4 bytes before"), true);
}

TEST(copies_that_overlap_are_refused) {
  OpenContext();
  const CUdeviceptr pointer = Allocate(16);
  EXPECT(cuMemcpyDtoD_v2(pointer, pointer + 4, 8), CUDA_ERROR_INVALID_VALUE);
  EXPECT(cuMemcpyDtoD_v2(pointer, pointer + 8, 8), CUDA_SUCCESS);
}

TEST(freeing_twice_is_refused) {
  OpenContext();
  const CUdeviceptr pointer = Allocate(16);
  EXPECT(cuMemFree_v2(pointer), CUDA_SUCCESS);
  EXPECT(cuMemFree_v2(pointer), CUDA_ERROR_INVALID_VALUE);
  EXPECT(Said("misuse: cuMemFree_v2"), true);
  EXPECT(Said("freed before"), true);
}

TEST(freeing_what_lies_inside_is_refused) {
  OpenContext();
  EXPECT(cuMemFree_v2(Allocate(16) + 4), CUDA_ERROR_INVALID_VALUE);
}

TEST(use_after_free_is_refused) {
  OpenContext();
  const CUdeviceptr pointer = Allocate(16);
  EXPECT(cuMemFree_v2(pointer), CUDA_SUCCESS);
  EXPECT(Allocate(16) == pointer, false);
  char host[16] = {};
  EXPECT(cuMemcpyHtoD_v2(pointer, host, 16), CUDA_ERROR_INVALID_VALUE);
  EXPECT(Said("freed before"), true);
}

TEST(damage_around_a_block_is_found_when_it_is_freed) {
  OpenContext();
  const CUdeviceptr pointer = Allocate(16);
  reinterpret_cast<char*>(pointer)[18] = 1;
  reinterpret_cast<char*>(pointer)[-3] = 1;
  EXPECT(Reported(), "");
  EXPECT(cuMemFree_v2(pointer), CUDA_SUCCESS);
  EXPECT(Said("red zone: written 2 bytes past the end of 16 bytes"), true);
  EXPECT(Said("red zone: written 3 bytes before 16 bytes"), true);
}

TEST(damage_around_a_block_is_found_when_the_context_is_released) {
  OpenContext();
  float* pinned = Pinned(4);
  pinned[4] = 0;
  EXPECT(cuDevicePrimaryCtxRelease_v2(0), CUDA_SUCCESS);
  EXPECT(Said("red zone: written 0 bytes past the end of 16 bytes of pinned host memory"), true);
}

TEST(what_is_not_freed_is_a_leak) {
  OpenContext();
  Allocate(48);
  Pinned(2);
  char host[16];
  EXPECT(cuMemHostRegister_v2(host, 16, 0), CUDA_SUCCESS);
  NewStream();
  NewEvent();
  Kernel("smoke");
  EXPECT(cuDevicePrimaryCtxRelease_v2(0), CUDA_SUCCESS);
  EXPECT(Said("leak: 48 bytes of device memory"), true);
  EXPECT(Said("leak: 8 bytes of pinned host memory"), true);
  EXPECT(Said("leak: 16 bytes of registered host memory"), true);
  EXPECT(Said("leak: 1 of kind stream"), true);
  EXPECT(Said("leak: 1 of kind event"), true);
  EXPECT(Said("leak: 1 of kind module"), true);
}

TEST(a_context_that_is_retained_twice_lives_until_the_second_release) {
  OpenContext();
  OpenContext();
  Allocate(48);
  EXPECT(cuDevicePrimaryCtxRelease_v2(0), CUDA_SUCCESS);
  EXPECT(Reported(), "");
  EXPECT(cuDevicePrimaryCtxRelease_v2(0), CUDA_SUCCESS);
  EXPECT(Said("leak"), true);
  EXPECT(cuDevicePrimaryCtxRelease_v2(0), CUDA_ERROR_INVALID_CONTEXT);
}

TEST(memory_is_registered_once) {
  OpenContext();
  char host[64];
  EXPECT(cuMemHostRegister_v2(host, 32, 0), CUDA_SUCCESS);
  EXPECT(cuMemHostRegister_v2(host + 16, 32, 0), CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
  EXPECT(cuMemHostUnregister(host + 16), CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
  EXPECT(cuMemHostUnregister(host), CUDA_SUCCESS);
  EXPECT(cuMemHostUnregister(host), CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
}

TEST(host_memory_pinned_in_part_is_refused) {
  OpenContext();
  char host[64] = {};
  EXPECT(cuMemHostRegister_v2(host + 32, 32, 0), CUDA_SUCCESS);
  EXPECT(cuMemcpyHtoD_v2(Allocate(64), host, 64), CUDA_ERROR_INVALID_VALUE);
  EXPECT(Said("pinned in part"), true);
  EXPECT(cuMemHostUnregister(host + 32), CUDA_SUCCESS);
}

TEST(device_memory_is_no_host_memory) {
  OpenContext();
  const CUdeviceptr pointer = Allocate(16);
  EXPECT(cuMemcpyHtoD_v2(Allocate(16), reinterpret_cast<void*>(pointer), 16),
         CUDA_ERROR_INVALID_VALUE);
}

TEST(memory_of_another_context_is_refused) {
  emulatedGpuSet("EMULATED_GPU_DEVICES", "2");
  OpenContext(0);
  const CUdeviceptr pointer = Allocate(16);
  OpenContext(1);
  char host[16] = {};
  EXPECT(cuMemcpyHtoD_v2(pointer, host, 16), CUDA_ERROR_INVALID_VALUE);
  EXPECT(Said("another device's"), true);
  EXPECT(cuMemFree_v2(pointer), CUDA_ERROR_INVALID_VALUE);
  EXPECT(Said("belongs to another context"), true);
}

TEST(pointers_tell_what_they_are) {
  OpenContext();
  const CUdeviceptr pointer = Allocate(16);
  unsigned type = 0;
  std::size_t bytes = 0;
  EXPECT(cuPointerGetAttribute(&type, kPointerMemoryType, pointer + 4), CUDA_SUCCESS);
  EXPECT(type, kMemoryTypeDevice);
  EXPECT(cuPointerGetAttribute(&bytes, kPointerRangeSize, pointer + 4), CUDA_SUCCESS);
  EXPECT(bytes, 16u);
  int device = 7;
  EXPECT(cuPointerGetAttribute(&device, kPointerDeviceOrdinal, pointer), CUDA_SUCCESS);
  EXPECT(device, 0);
  EXPECT(cuPointerGetAttribute(&type, kPointerMemoryType, pointer + 16), CUDA_ERROR_INVALID_VALUE);
  EXPECT(Reported(), "");
}

TEST_MAIN
