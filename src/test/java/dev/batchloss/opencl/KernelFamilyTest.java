package dev.batchloss.opencl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.jocl.CL;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KernelFamilyTest {
  private static final DeviceDescription GPU = TestDevice.describe().build();
  private static final DeviceDescription CPU =
      TestDevice.describe().type(CL.CL_DEVICE_TYPE_CPU).build();
  private static final DeviceDescription BOTH =
      TestDevice.describe().type(CL.CL_DEVICE_TYPE_CPU | CL.CL_DEVICE_TYPE_GPU).build();
  private static final DeviceDescription ACCELERATOR =
      TestDevice.describe().type(CL.CL_DEVICE_TYPE_ACCELERATOR).build();

  private @Nullable String before;

  @BeforeEach
  void clear() {
    before = System.clearProperty(KernelFamily.PROPERTY);
  }

  @AfterEach
  void restore() {
    System.clearProperty(KernelFamily.PROPERTY);
    if (before != null) {
      System.setProperty(KernelFamily.PROPERTY, before);
    }
  }

  @Test
  void followsFromTheDevice() {
    assertThat(KernelFamily.of(GPU)).isEqualTo(KernelFamily.GPU);
    assertThat(KernelFamily.of(ACCELERATOR)).isEqualTo(KernelFamily.GPU);
    assertThat(KernelFamily.of(CPU)).isEqualTo(KernelFamily.CPU);
    assertThat(KernelFamily.of(BOTH)).isEqualTo(KernelFamily.CPU);
  }

  @Test
  void thePropertyForcesIt() {
    System.setProperty(KernelFamily.PROPERTY, "cpu");
    assertThat(KernelFamily.of(GPU)).isEqualTo(KernelFamily.CPU);
    System.setProperty(KernelFamily.PROPERTY, "gpu");
    assertThat(KernelFamily.of(CPU)).isEqualTo(KernelFamily.GPU);
    System.setProperty(KernelFamily.PROPERTY, " ");
    assertThat(KernelFamily.of(CPU)).isEqualTo(KernelFamily.CPU);
  }

  @Test
  void anotherNameIsRefused() {
    System.setProperty(KernelFamily.PROPERTY, "GPU");
    assertThatThrownBy(() -> KernelFamily.of(GPU))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("batchloss.opencl.kernels is 'GPU', must be cpu or gpu");
  }
}
