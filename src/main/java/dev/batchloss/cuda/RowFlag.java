package dev.batchloss.cuda;

import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.InputTransform;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Normalization;
import dev.batchloss.plan.ZeroTimesInfinity;
import dev.batchloss.spi.RowRequest;

/** What kernels are told of a call; the bits are those of row_parameters.cuh. */
enum RowFlag {
  READS_IGNORED(1),
  NORMALIZES(2),
  IS_PROBABILITIES(4),
  HAS_SOFTCAP(8),
  NORMALIZES_BEFORE_CLIP(16),
  WRITES_GRADIENT(32),
  WRITES_LOG_SOFTMAX(64),
  WRITES_SOFTMAX(128),
  KEEPS_ROW(256),
  ZERO_TIMES_INFINITY_IS_NAN(512);

  private final int bit;

  RowFlag(int bit) {
    this.bit = bit;
  }

  /** Returns the flag's bit. */
  int bit() {
    return bit;
  }

  /** Returns the flags of a call, whatever its launches. */
  static int of(RowRequest<?> request) {
    return READS_IGNORED.bitIf(request.readsIgnoredRows())
        | ZERO_TIMES_INFINITY_IS_NAN.bitIf(
            request.rowPlan().zeroTimesInfinityOfTargets() == ZeroTimesInfinity.NAN)
        | of(request.rowPlan().input(), request.outputKind());
  }

  /** Returns those of a call that nothing is asked of ignored rows. */
  static int of(InputTransform input, MatrixOutput output) {
    return NORMALIZES.bitIf(input.normalizesByLogSumExp())
        | IS_PROBABILITIES.bitIf(input.kind() == InputKind.PROBABILITIES)
        | HAS_SOFTCAP.bitIf(input.hasSoftcap())
        | NORMALIZES_BEFORE_CLIP.bitIf(input.normalization() == Normalization.BEFORE_CLIP)
        | WRITES_GRADIENT.bitIf(output == MatrixOutput.GRADIENT)
        | WRITES_LOG_SOFTMAX.bitIf(output == MatrixOutput.LOG_SOFTMAX)
        | WRITES_SOFTMAX.bitIf(output == MatrixOutput.SOFTMAX);
  }

  private int bitIf(boolean isSet) {
    return isSet ? bit : 0;
  }
}
