package dev.batchloss.opencl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.opencl.TestDevice.Description;
import java.util.Arrays;
import java.util.List;
import org.jocl.CL;
import org.junit.jupiter.api.Test;

class DeviceRankingTest {
  private static Description device(String name) {
    return TestDevice.describe().name(name);
  }

  private static List<String> ranked(Description... devices) {
    return Arrays.stream(devices)
        .map(Description::build)
        .sorted(DeviceRanking.BEST_FIRST)
        .map(DeviceDescription::name)
        .toList();
  }

  @Test
  void oneWithItsOwnMemoryComesBeforeAFasterOneWithout() {
    assertThat(
            ranked(device("shares").sharingMemory().speed(99, 2000), device("owns").speed(1, 100)))
        .containsExactly("owns", "shares");
  }

  @Test
  void unitsTimesClockDecide() {
    assertThat(
            ranked(
                device("many slow").speed(30, 100),
                device("few fast").speed(2, 2000),
                device("some").speed(5, 700)))
        .containsExactly("few fast", "some", "many slow");
  }

  @Test
  void theProductDoesNotOverflow() {
    assertThat(ranked(device("small").speed(1, 1), device("huge").speed(1 << 20, 1 << 12)))
        .containsExactly("huge", "small");
  }

  @Test
  void aGpuComesBeforeWhatIsNone() {
    long both = CL.CL_DEVICE_TYPE_GPU | CL.CL_DEVICE_TYPE_CPU;
    assertThat(
            ranked(
                device("cpu").type(CL.CL_DEVICE_TYPE_CPU).speed(64, 4000),
                device("both").type(both).speed(50, 4000),
                device("accelerator").type(CL.CL_DEVICE_TYPE_ACCELERATOR).speed(40, 4000),
                device("gpu").sharingMemory().speed(1, 1)))
        .containsExactly("gpu", "cpu", "both", "accelerator");
  }

  @Test
  void cloverComesLast() {
    assertThat(
            ranked(
                device("clover").platform("Clover").speed(99, 2000),
                device("cpu").type(CL.CL_DEVICE_TYPE_CPU).speed(1, 1)))
        .containsExactly("cpu", "clover");
  }

  @Test
  void equalOnesStayAsFound() {
    assertThat(ranked(device("first"), device("second"))).containsExactly("first", "second");
  }
}
