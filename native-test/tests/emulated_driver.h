// The entry points that the tests call, and what most of them begin with.
#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "../driver/cuda.h"
#include "../driver/emulated_gpu.h"
#include "expect.h"

extern "C" {
CUresult cuInit(unsigned flags);
CUresult cuDriverGetVersion(int* version);
CUresult cuDeviceGetCount(int* count);
CUresult cuDeviceGet(CUdevice* device, int ordinal);
CUresult cuDeviceGetName(char* name, int length, CUdevice device);
CUresult cuDeviceGetAttribute(int* value, int attribute, CUdevice device);
CUresult cuDeviceTotalMem_v2(std::size_t* bytes, CUdevice device);
CUresult cuDeviceGetUuid(CUuuid* uuid, CUdevice device);
CUresult cuDevicePrimaryCtxRetain(Handle* context, CUdevice device);
CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device);
CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned* flags, int* active);
CUresult cuCtxCreate_v2(Handle* context, unsigned flags, CUdevice device);
CUresult cuCtxDestroy_v2(Handle context);
CUresult cuCtxSetCurrent(Handle context);
CUresult cuCtxGetCurrent(Handle* context);
CUresult cuCtxPushCurrent_v2(Handle context);
CUresult cuCtxPopCurrent_v2(Handle* context);
CUresult cuCtxSynchronize();
CUresult cuCtxGetDevice(CUdevice* device);
CUresult cuModuleLoadData(Handle* module, const void* image);
CUresult cuModuleLoadDataEx(Handle* module, const void* image, unsigned count, int* options,
                            void** values);
CUresult cuModuleUnload(Handle module);
CUresult cuModuleGetFunction(Handle* function, Handle module, const char* name);
CUresult cuFuncGetAttribute(int* value, int attribute, Handle function);
CUresult cuFuncSetAttribute(Handle function, int attribute, int value);
CUresult cuLaunchKernel(Handle function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                        unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared,
                        Handle stream, void** parameters, void** extra);
CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, Handle function, int threads,
                                                     std::size_t dynamic);
CUresult cuMemGetInfo_v2(std::size_t* free, std::size_t* total);
CUresult cuMemAlloc_v2(CUdeviceptr* pointer, std::size_t bytes);
CUresult cuMemFree_v2(CUdeviceptr pointer);
CUresult cuMemHostAlloc(void** pointer, std::size_t bytes, unsigned flags);
CUresult cuMemFreeHost(void* pointer);
CUresult cuMemHostRegister_v2(void* pointer, std::size_t bytes, unsigned flags);
CUresult cuMemHostUnregister(void* pointer);
CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr* device, void* host, unsigned flags);
CUresult cuPointerGetAttribute(void* data, int attribute, CUdeviceptr pointer);
CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, std::size_t bytes);
CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr from, std::size_t bytes);
CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, std::size_t bytes);
CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, std::size_t bytes, Handle stream);
CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, std::size_t bytes, Handle stream);
CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, std::size_t bytes, Handle stream);
CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, std::size_t count);
CUresult cuMemsetD32_v2(CUdeviceptr to, unsigned value, std::size_t count);
CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, std::size_t count, Handle stream);
CUresult cuStreamCreate(Handle* stream, unsigned flags);
CUresult cuStreamDestroy_v2(Handle stream);
CUresult cuStreamQuery(Handle stream);
CUresult cuStreamSynchronize(Handle stream);
CUresult cuStreamWaitEvent(Handle stream, Handle event, unsigned flags);
CUresult cuEventCreate(Handle* event, unsigned flags);
CUresult cuEventDestroy_v2(Handle event);
CUresult cuEventRecord(Handle event, Handle stream);
CUresult cuEventQuery(Handle event);
CUresult cuEventSynchronize(Handle event);
CUresult cuEventElapsedTime(float* milliseconds, Handle start, Handle end);
CUresult cuLaunchHostFunc(Handle stream, void (*function)(void*), void* data);
CUresult cuGetErrorName(CUresult code, const char** name);
CUresult cuGetErrorString(CUresult code, const char** text);
CUresult cuGraphCreate(void* graph, unsigned flags);
}

namespace test {

// A file beside the sources of the tests.
inline std::string File(const std::string& name) {
  const std::string source = __FILE__;
  return source.substr(0, source.rfind('/') + 1) + name;
}

inline std::string Contents(const std::string& file) {
  std::ifstream in(file);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

inline std::string& ReportFile() {
  static std::string file;
  return file;
}

// Everything that the report has said in this test.
inline std::string Reported() { return Contents(ReportFile()); }

inline bool Said(const std::string& text) { return Reported().find(text) != std::string::npos; }

// A fresh process, as far as the driver can tell, with an empty report.
inline void StartAfresh() {
  emulatedGpuReset();
  std::ofstream(ReportFile(), std::ios::trunc);
  emulatedGpuSet("EMULATED_GPU_REPORT", ReportFile().c_str());
}

// Initialises the driver and makes a primary context current.
inline Handle OpenContext(CUdevice device = 0) {
  Handle context = 0;
  EXPECT(cuInit(0), CUDA_SUCCESS);
  EXPECT(cuDevicePrimaryCtxRetain(&context, device), CUDA_SUCCESS);
  EXPECT(cuCtxSetCurrent(context), CUDA_SUCCESS);
  return context;
}

inline CUdeviceptr Allocate(std::size_t bytes) {
  CUdeviceptr pointer = 0;
  EXPECT(cuMemAlloc_v2(&pointer, bytes), CUDA_SUCCESS);
  return pointer;
}

// An array of pinned floats.
inline float* Pinned(std::size_t count) {
  void* pointer = nullptr;
  EXPECT(cuMemHostAlloc(&pointer, count * sizeof(float), 0), CUDA_SUCCESS);
  return static_cast<float*>(pointer);
}

inline float FloatAt(CUdeviceptr pointer) {
  float value = 0;
  EXPECT(cuMemcpyDtoH_v2(&value, pointer, sizeof value), CUDA_SUCCESS);
  return value;
}

inline Handle NewStream(unsigned flags = kStreamNonBlocking) {
  Handle stream = 0;
  EXPECT(cuStreamCreate(&stream, flags), CUDA_SUCCESS);
  return stream;
}

inline Handle NewEvent(unsigned flags = 0) {
  Handle event = 0;
  EXPECT(cuEventCreate(&event, flags), CUDA_SUCCESS);
  return event;
}

// A function of kernels.ptx.
inline Handle Kernel(const char* name) {
  Handle module = 0;
  Handle function = 0;
  EXPECT(cuModuleLoadData(&module, Contents(File("kernels.ptx")).c_str()), CUDA_SUCCESS);
  EXPECT(cuModuleGetFunction(&function, module, name), CUDA_SUCCESS);
  return function;
}

inline CUresult LaunchSmoke(Handle smoke, CUdeviceptr x, CUdeviceptr y, int n, unsigned blocks,
                            unsigned threads, Handle stream = 0) {
  void* parameters[] = {&x, &y, &n};
  return cuLaunchKernel(smoke, blocks, 1, 1, threads, 1, 1, 0, stream, parameters, nullptr);
}

// Launches a kernel of one thread that takes one pointer.
inline CUresult LaunchOn(Handle kernel, CUdeviceptr x, Handle stream = 0) {
  void* parameters[] = {&x};
  return cuLaunchKernel(kernel, 1, 1, 1, 1, 1, 1, 0, stream, parameters, nullptr);
}

}  // namespace test

// The main function of a test program.
#define TEST_MAIN                                                  \
  int main(int, char** arguments) {                                \
    test::ReportFile() = std::string(arguments[0]) + ".report";    \
    const int status = test::RunAll(arguments[0], test::StartAfresh); \
    emulatedGpuReset();                                            \
    return status;                                                 \
  }
