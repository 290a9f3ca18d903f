package dev.batchloss.cuda;

import dev.batchloss.data.DeviceException;
import dev.batchloss.data.InvalidTargetException;
import dev.batchloss.plan.TargetScan;
import dev.batchloss.spi.DeviceLoss;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** A loss on a CUDA device, with the memory of its call until it is closed. */
final class CudaLoss implements DeviceLoss {
  private final LossPool pool;
  private final int classes;
  private @Nullable LossWorkspace workspace;

  CudaLoss(LossPool pool, LossWorkspace workspace, int classes) {
    this.pool = pool;
    this.workspace = workspace;
    this.classes = classes;
  }

  @Override
  public synchronized long address() {
    return open().lossAddress();
  }

  @Override
  public synchronized double loss() {
    MemorySegment result;
    try {
      result = open().await();
    } catch (DeviceException e) {
      throw pool.noted(e);
    }
    long firstBad = result.get(ValueLayout.JAVA_LONG, LossParameters.FIRST_BAD);
    long bad = result.get(ValueLayout.JAVA_LONG, LossParameters.BAD);
    if (firstBad >= 0 && bad == 0) {
      TargetScan.requireSampleWeight(
          firstBad, result.get(ValueLayout.JAVA_DOUBLE, LossParameters.BAD_WEIGHT));
    }
    if (bad > 0) {
      throw new InvalidTargetException(
          firstBad, result.get(ValueLayout.JAVA_LONG, LossParameters.BAD_VALUE), bad, classes);
    }
    return result.get(ValueLayout.JAVA_DOUBLE, LossParameters.LOSS);
  }

  @Override
  public synchronized void close() {
    LossWorkspace used = workspace;
    if (used != null) {
      workspace = null;
      pool.giveBack(used);
    }
  }

  private LossWorkspace open() {
    if (workspace == null) {
      throw new IllegalStateException("the loss is closed");
    }
    return workspace;
  }
}
