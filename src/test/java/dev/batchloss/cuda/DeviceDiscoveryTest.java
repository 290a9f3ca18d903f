package dev.batchloss.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.spi.BackendOffer;
import dev.batchloss.spi.BackendOffer.Preference;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DeviceDiscoveryTest {
  private static final DeviceDescription GPU = describe(0, 90, 12040);

  @Test
  void whereJCudaCannotBeUsedTheReasonIsOffered() {
    DeviceDiscovery discovery =
        new DeviceDiscovery(
            () -> "there is no NVIDIA driver (libcuda.so.1) here",
            () -> {
              throw new AssertionError("the driver was asked");
            },
            _ -> null);
    assertThat(discovery.offers())
        .containsExactly(
            BackendOffer.unavailable(
                "cuda", Preference.CUDA_GPU, "there is no NVIDIA driver (libcuda.so.1) here"));
  }

  @Test
  void oneDeviceIsOfferedByItsNumber() {
    List<BackendOffer> offers = offers(null, GPU);
    assertThat(offers).extracting(BackendOffer::name).containsExactly("cuda:0");
    assertThat(offers.getFirst().isAvailable()).isTrue();
    assertThat(offers.getFirst().preference()).isEqualTo(Preference.CUDA_GPU);
    assertThat(offers.getFirst().detail())
        .isEqualTo(
            "A GPU, compute capability 9.0, 100 multiprocessors, 80.0 GiB, driver for CUDA 12.4");
  }

  @Test
  void severalDevicesAreOfferedTogetherToo() {
    List<BackendOffer> offers = offers(null, GPU, describe(1, 61, 12040), describe(2, 75, 12040));
    assertThat(offers)
        .extracting(BackendOffer::name)
        .containsExactly("cuda:0", "cuda:1", "cuda:2", "cuda:all");
    assertThat(offers.get(1).isAvailable()).isFalse();
    assertThat(offers.get(1).reason())
        .isEqualTo("A GPU: it has compute capability 6.1, at least 7.5 is needed");
    assertThat(offers.get(3).preference()).isEqualTo(Preference.ON_REQUEST);
    assertThat(offers.get(3).reason()).startsWith("2 devices together");
  }

  @Test
  void anOldDriverIsAReason() {
    assertThat(offers(null, describe(0, 90, 10020)).getFirst().reason())
        .isEqualTo("A GPU: its driver is for CUDA 10.2, at least 11.0 is needed");
  }

  @Test
  void aDeviceThatFailsTheSmokeTestIsNotOffered() {
    BackendOffer offer = offers("the smoke test failed", GPU).getFirst();
    assertThat(offer.isAvailable()).isFalse();
    assertThat(offer.reason()).isEqualTo("A GPU: the smoke test failed");
  }

  @Test
  void aDriverWithoutDevicesIsAReason() {
    assertThat(offers(null).getFirst().reason()).isEqualTo("the driver finds no device");
  }

  @Test
  void aDriverThatFailsIsAReason() {
    DeviceDiscovery discovery =
        new DeviceDiscovery(
            () -> null,
            () -> {
              throw new IllegalStateException("broken");
            },
            _ -> null);
    assertThat(discovery.offers().getFirst().reason())
        .startsWith("looking for devices failed: ")
        .contains("broken");
  }

  @Test
  void platformsWithoutNativesAreNamed() {
    assertThat(JCudaLibrary.platform("Linux", "amd64")).isEqualTo("linux-x86_64");
    assertThat(JCudaLibrary.platform("Windows 11", "amd64")).isEqualTo("windows-x86_64");
    assertThat(JCudaLibrary.load(JCudaLibrary.platform("Mac OS X", "aarch64")))
        .isEqualTo("JCuda has no native library for macos-aarch64");
    assertThat(JCudaLibrary.load(JCudaLibrary.platform("Linux", "aarch64")))
        .isEqualTo("JCuda has no native library for linux-aarch64");
  }

  private static List<BackendOffer> offers(
      @Nullable String smokeFailure, DeviceDescription... devices) {
    return new DeviceDiscovery(() -> null, () -> List.of(devices), _ -> smokeFailure).offers();
  }

  private static DeviceDescription describe(int ordinal, int capability, int driverVersion) {
    return new DeviceDescription(
        ordinal,
        "A GPU",
        capability / 10,
        capability % 10,
        80L << 30,
        100,
        227 << 10,
        driverVersion);
  }
}
