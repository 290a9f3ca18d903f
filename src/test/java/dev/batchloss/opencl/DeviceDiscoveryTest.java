package dev.batchloss.opencl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.batchloss.data.BackendUnavailableException;
import dev.batchloss.data.DeviceException;
import dev.batchloss.opencl.TestDevice.Description;
import dev.batchloss.spi.BackendOffer;
import dev.batchloss.spi.BackendOffer.Preference;
import dev.batchloss.spi.BackendOptions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.function.Supplier;
import org.jocl.CL;
import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;
import org.junit.jupiter.api.Test;

/** What becomes of what the loader answers; nothing here needs an OpenCL installation. */
class DeviceDiscoveryTest {
  private final List<String> tried = new ArrayList<>();

  private DeviceDiscovery discovery(Supplier<List<Platform>> source) {
    return new DeviceDiscovery(
        source,
        device -> {
          String name = device.description().name();
          tried.add(name);
          return name.startsWith("bad") ? "does not add up\nline two" : null;
        });
  }

  private List<BackendOffer> offers(Description... devices) {
    return discovery(() -> List.of(platform(devices))).offers();
  }

  private static Platform platform(Description... devices) {
    return new Platform(
        "A platform",
        CL.CL_SUCCESS,
        Arrays.stream(devices)
            .map(device -> new Device(new cl_platform_id(), new cl_device_id(), device.build()))
            .toList());
  }

  private static Description gpu(String name) {
    return TestDevice.describe().name(name);
  }

  private static Description cpu(String name) {
    return gpu(name).type(CL.CL_DEVICE_TYPE_CPU);
  }

  private static void assertOnlyReason(List<BackendOffer> offers, String... parts) {
    assertThat(offers).hasSize(1);
    BackendOffer offer = offers.getFirst();
    assertThat(offer.name()).isEqualTo("opencl");
    assertThat(offer.isAvailable()).isFalse();
    assertThat(offer.preference()).isEqualTo(Preference.OPENCL_GPU);
    assertThat(offer.reason()).contains(parts).hasLineCount(1);
  }

  private static void assertUnavailable(List<BackendOffer> offers, String reason) {
    assertThat(offers).hasSize(1);
    assertThat(offers.getFirst().name()).isEqualTo("opencl:0");
    assertThat(offers.getFirst().isAvailable()).isFalse();
    assertThat(offers.getFirst().reason()).contains("A platform", reason);
  }

  @Test
  void aGpuIsTakenUnaskedAfterItWasTried() {
    List<BackendOffer> offers = offers(gpu("good"));
    assertThat(offers).hasSize(1);
    assertThat(offers.getFirst().preference()).isEqualTo(Preference.OPENCL_GPU);
    assertThat(offers.getFirst().isAvailable()).isTrue();
    assertThat(offers.getFirst().reason()).isNull();
    assertThat(tried).containsExactly("good");
  }

  @Test
  void aCpuIsTakenOnRequestAndTriedWhenItIsOpened() {
    DeviceDiscovery discovery = discovery(() -> List.of(platform(cpu("bad"))));
    BackendOffer offer = discovery.offers().getFirst();
    assertThat(offer.preference()).isEqualTo(Preference.ON_REQUEST);
    assertThat(offer.isAvailable()).isTrue();
    assertThat(offer.reason()).contains("a CPU", "--backend opencl:0");
    assertThat(tried).isEmpty();

    assertThatExceptionOfType(BackendUnavailableException.class)
        .isThrownBy(() -> offer.open(BackendOptions.DEFAULT))
        .withMessageContaining("opencl:0")
        .withMessageContaining("does not add up");
    assertUnavailable(discovery.offers(), "does not add up");
    assertThat(tried).containsExactly("bad");
  }

  @Test
  void whatCannotRunIsListedLastWithItsReason() {
    List<BackendOffer> offers =
        offers(gpu("bad fast").speed(99, 2000), gpu("slow").speed(1, 10), gpu("fast"));
    assertThat(offers)
        .extracting(BackendOffer::name)
        .containsExactly("opencl:0", "opencl:1", "opencl:2");
    assertThat(offers).extracting(BackendOffer::isAvailable).containsExactly(true, true, false);
    assertThat(offers.get(0).detail()).startsWith("fast ");
    assertThat(offers.get(1).detail()).startsWith("slow ");
    assertThat(offers.get(2).reason()).contains("bad fast", "does not add up\nline two");
  }

  @Test
  void whatADeviceLacksIsSaidAndItIsNotTried() {
    assertUnavailable(offers(gpu("a").unavailable()), "not available");
    assertUnavailable(offers(gpu("a").withoutCompiler()), "no compiler");
    assertUnavailable(offers(gpu("a").bigEndian()), "big-endian");
    assertUnavailable(offers(gpu("a").version("OpenCL 1.1 old")), "'OpenCL 1.1 old'");
    assertThat(tried).isEmpty();
  }

  @Test
  void withoutALoaderTheReasonStaysTheFirst() {
    Queue<LinkageError> errors =
        new ArrayDeque<>(
            List.of(
                new UnsatisfiedLinkError("Could not initialize native OpenCL library."),
                new NoClassDefFoundError("Could not initialize class org.jocl.CL")));
    DeviceDiscovery discovery =
        discovery(
            () -> {
              throw errors.remove();
            });
    assertOnlyReason(discovery.offers(), "no OpenCL loader", "libOpenCL");
    assertOnlyReason(discovery.offers(), "no OpenCL loader", "libOpenCL");
  }

  @Test
  void whereTheProgramFailedToLoadJoclBeforeTheCauseIsSaid() {
    NoClassDefFoundError error = new NoClassDefFoundError("Could not initialize class org.jocl.CL");
    error.initCause(new ExceptionInInitializerError("no library for this machine"));
    assertOnlyReason(
        discovery(
                () -> {
                  throw error;
                })
            .offers(),
        "JOCL cannot be loaded",
        "no library for this machine");
  }

  @Test
  void whatTheLoaderAnswersInsteadOfPlatformsIsSaid() {
    assertOnlyReason(
        discovery(
                () -> {
                  throw new DeviceException(-6, "CL_OUT_OF_HOST_MEMORY", "counting platforms");
                })
            .offers(),
        "CL_OUT_OF_HOST_MEMORY");
  }

  @Test
  void deniedNativeAccessNamesTheOption() {
    assertOnlyReason(
        discovery(
                () -> {
                  throw new IllegalCallerException("Illegal native access");
                })
            .offers(),
        "--enable-native-access");
  }

  @Test
  void aPlatformWithoutADeviceIsNamed() {
    Platform empty = new Platform("Empty One", CL.CL_DEVICE_NOT_FOUND, List.of());
    assertOnlyReason(discovery(() -> List.of(empty)).offers(), "Empty One", "no device");

    List<BackendOffer> both = discovery(() -> List.of(empty, platform(gpu("good")))).offers();
    assertThat(both).extracting(BackendOffer::name).containsExactly("opencl:0", "opencl");
    assertThat(both.get(1).reason()).contains("Empty One");
  }

  @Test
  void looksAgainWhereNothingWasFoundAndKeepsWhatWas() {
    Queue<List<Platform>> answers =
        new ArrayDeque<>(List.of(List.of(), List.of(platform(gpu("good")))));
    DeviceDiscovery discovery = discovery(answers::remove);
    assertOnlyReason(discovery.offers(), "no platform");
    assertThat(discovery.offers().getFirst().isAvailable()).isTrue();
    assertThat(discovery.offers().getFirst().isAvailable()).isTrue();
    assertThat(tried).containsExactly("good");
  }
}
