package dev.batchloss.opencl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.device.NativeHandle;
import dev.batchloss.spi.BackendOffer;
import java.util.List;
import org.jocl.CL;
import org.junit.jupiter.api.Test;

/** The smoke test on a real device, which passes it, and with kernels that stand for a bad one. */
class SmokeTestTest {
  private static String source(String part, String replacement) {
    String source = KernelSources.read(SmokeTest.SOURCE);
    assertThat(source).contains(part);
    return source.replace(part, replacement);
  }

  @Test
  void theDevicePasses() {
    long before = NativeHandle.live();
    assertThat(SmokeTest.failure(TestDevice.find())).isNull();
    assertThat(NativeHandle.live()).isLessThanOrEqualTo(before);
  }

  @Test
  void aWrongResultIsSeen() {
    assertThat(SmokeTest.failure(TestDevice.find(), source("active > 0", "active > 1")))
        .contains("wrong result");
  }

  @Test
  void aKernelThatDoesNotBuildLeavesItsLogInTheReason() {
    Device device = TestDevice.find();
    String broken = source("partial[0]", "undeclaredName[0]");
    Device gpu =
        new Device(
            device.platform(),
            device.id(),
            TestDevice.describe().type(CL.CL_DEVICE_TYPE_GPU).build());
    long before = NativeHandle.live();
    List<BackendOffer> offers =
        new DeviceDiscovery(
                () -> List.of(new Platform("A platform", CL.CL_SUCCESS, List.of(gpu))),
                candidate -> SmokeTest.failure(candidate, broken))
            .offers();
    assertThat(offers).hasSize(1);
    assertThat(offers.getFirst().isAvailable()).isFalse();
    assertThat(offers.getFirst().reason())
        .contains("smoke test", "CL_BUILD_PROGRAM_FAILURE", "undeclaredName");
    assertThat(NativeHandle.live()).isLessThanOrEqualTo(before);
  }
}
