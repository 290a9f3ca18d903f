package dev.batchloss.opencl;

import static org.assertj.core.api.Assertions.assertThat;

import org.jocl.CL;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeviceDescriptionTest {
  @ParameterizedTest
  @CsvSource({
    "OpenCL 1.2 Mesa 22.3, 102",
    "OpenCL 3.0, 300",
    "OpenCL 1.1 , 101",
    "OpenCL 2, 0",
    "OpenCL x.y, 0",
    "CUDA 1.2, 0",
    "'', 0"
  })
  void readsTheVersion(String version, int number) {
    assertThat(TestDevice.describe().version(version).build().versionNumber()).isEqualTo(number);
  }

  @Test
  void isAGpuOnlyIfItIsNoCpu() {
    long both = CL.CL_DEVICE_TYPE_GPU | CL.CL_DEVICE_TYPE_CPU;
    assertThat(TestDevice.describe().build().isGpu()).isTrue();
    assertThat(TestDevice.describe().type(both).build().isGpu()).isFalse();
    assertThat(TestDevice.describe().type(both).build().isCpu()).isTrue();
    assertThat(TestDevice.describe().type(CL.CL_DEVICE_TYPE_ACCELERATOR).build().isGpu()).isFalse();
  }
}
