// A process that ends with a leak, with a damaged red zone, or as it should.
#include "emulated_driver.h"

int main(int, char** arguments) {
  const std::string how = arguments[1];
  test::OpenContext();
  const CUdeviceptr pointer = test::Allocate(40);
  if (how == "damage") reinterpret_cast<char*>(pointer)[40] = 1;
  if (how == "clean") EXPECT(cuMemFree_v2(pointer), CUDA_SUCCESS);
  return test::Failures();
}
