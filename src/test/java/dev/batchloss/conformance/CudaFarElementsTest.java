package dev.batchloss.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.Outputs;
import dev.batchloss.RequiredBackends;
import dev.batchloss.data.DeviceException;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.spi.DeviceMatrix;
import java.util.Arrays;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A row whose elements lie up to 2^32 elements from its first. Only the emulated device has so much
 * memory at no cost, and it is all zeros.
 */
@Tag("cuda")
class CudaFarElementsTest {
  private static final int CLASSES = 65_537;
  private static final int POSITIONS = 65_537;
  private static final int IGNORED = -1;

  @Test
  void areFound() {
    int[] targets = new int[POSITIONS];
    Arrays.fill(targets, IGNORED);
    targets[POSITIONS - 1] = CLASSES - 1;
    try (BatchLoss engine = BackendUnderTest.CUDA.open()) {
      Assumptions.assumeTrue(
          engine.backend().detail().contains("emulated"), "the device is not the emulated one");
      try (DeviceMatrix logits = allocate(engine)) {
        LossResult result =
            engine.evaluate(
                CrossEntropy.builder().ignoreIndex(IGNORED).build(),
                logits,
                Targets.classes(targets),
                Outputs.lossOnly());
        assertThat(result.loss()).isCloseTo(Math.log(CLASSES), within(1e-4));
      }
    }
  }

  private static DeviceMatrix allocate(BatchLoss engine) {
    try {
      return engine.allocate(ElementType.FLOAT32, 1, CLASSES, POSITIONS);
    } catch (DeviceException e) {
      RequiredBackends.skipOrFail(
          "cuda", "the emulated device has no memory for 2^32 elements: " + e.getMessage());
      throw e;
    }
  }
}
