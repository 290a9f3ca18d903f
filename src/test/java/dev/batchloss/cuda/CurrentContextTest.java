package dev.batchloss.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.BatchLoss;
import dev.batchloss.RequiredBackends;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import jcuda.driver.CUcontext;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whoever calls may use CUDA for something else: its threads keep the context that they had. */
@Tag("cuda")
class CurrentContextTest {
  @Test
  void aCallLeavesNoneBehind() {
    String reason = JCudaLibrary.failure();
    if (reason != null) {
      RequiredBackends.skipOrFail(DeviceDiscovery.FAMILY, reason);
    }
    try (BatchLoss engine = BatchLoss.open("cuda:0")) {
      engine.evaluate(
          CrossEntropy.builder().build(),
          Matrix.of(new float[] {0, 1, 2, 3}, 2, 2),
          Targets.classes(0, 1));
    }
    CUcontext current = new CUcontext();
    assertThat(JCudaDriver.cuCtxGetCurrent(current)).isEqualTo(CUresult.CUDA_SUCCESS);
    assertThat(current).isEqualTo(new CUcontext());
  }
}
