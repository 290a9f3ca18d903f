package dev.batchloss.opencl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.data.ElementType;
import dev.batchloss.device.RowLayout;
import dev.batchloss.spi.Backend;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Within a kernel family the walk is a matter of speed: a device that pretends to be another one
 * walks another way and gives the same bits.
 */
class SameBitsAcrossWalksTest {
  private static final long MUCH = 1 << 16;
  private static final long LITTLE = 1 << 10;

  private @Nullable String before;

  @BeforeEach
  void rememberTheFamily() {
    before = System.getProperty(KernelFamily.PROPERTY);
  }

  @AfterEach
  void restoreTheFamily() {
    System.clearProperty(KernelFamily.PROPERTY);
    if (before != null) {
      System.setProperty(KernelFamily.PROPERTY, before);
    }
  }

  @ParameterizedTest
  @EnumSource
  void wholeRowsAndSegments(KernelFamily family) {
    RowTrials rows = RowTrials.ofRows(3, 2 * RowVariant.SEGMENT + 1234);
    for (RowTrial trial :
        List.of(
            rows.plainLoss(ElementType.FLOAT32),
            rows.everyTermOfClassTargets(),
            rows.everyTermOfDistributions())) {
      requireSameBits(
          trial,
          new Walker(family, RowVariant.Walk.ALONG, device -> device.computeUnits(1)),
          new Walker(family, RowVariant.Walk.SEGMENTS, device -> device.computeUnits(1000)));
    }
  }

  @Test
  void rowsInLocalMemoryAndRowsReadTwice() {
    // So long that a group of all items beside a row takes more than the less of the two.
    RowTrials rows = RowTrials.ofRows(7, 4200);
    for (RowTrial trial : List.of(rows.everyTermOfClassTargets(), rows.logSoftmax())) {
      Walker keeping = along(device -> device.localMemory(MUCH));
      Walker reading = along(device -> device.localMemory(MUCH / 2));
      assertThat(keeping.variant(trial).localBytes()).isEqualTo(4200 * Float.BYTES);
      assertThat(reading.variant(trial).localBytes()).isZero();
      requireSameBits(trial, keeping, reading);
    }
  }

  @Test
  void tilesAndRowsReadInPlace() {
    RowTrials rows = RowTrials.ofRows(70, 33);
    for (RowTrial trial :
        List.of(
            rows.everyTermOfClassTargets(),
            rows.everyTermOfDistributions(),
            rows.normalizedBeforeClipping())) {
      requireSameBits(
          trial,
          new Walker(KernelFamily.GPU, RowVariant.Walk.TILES, device -> device.localMemory(MUCH)),
          new Walker(
              KernelFamily.GPU, RowVariant.Walk.ACROSS, device -> device.localMemory(LITTLE)));
    }
  }

  private static Walker along(UnaryOperator<TestDevice.Description> changes) {
    return new Walker(KernelFamily.GPU, RowVariant.Walk.ALONG, changes);
  }

  private static void requireSameBits(RowTrial trial, Walker one, Walker other) {
    one.run(trial).assertSameBitsAs(other.run(trial), trial + ", " + one.walk + ", " + other.walk);
  }

  /** The device, made to walk in one way. */
  private record Walker(
      KernelFamily family, RowVariant.Walk walk, UnaryOperator<TestDevice.Description> changes) {
    Device device() {
      return TestDevice.pretending(TestDevice.find(), changes);
    }

    RowVariant variant(RowTrial trial) {
      return RowProgram.of(
              trial.request(), RowLayout.of(trial.input()), device().description(), family)
          .variant();
    }

    RowTrial.Result run(RowTrial trial) {
      assertThat(variant(trial).walk()).as(trial.name()).isEqualTo(walk);
      System.setProperty(KernelFamily.PROPERTY, family.label());
      try (Backend backend = new OpenClBackend("opencl:0", device())) {
        return trial.run(backend);
      }
    }
  }
}
