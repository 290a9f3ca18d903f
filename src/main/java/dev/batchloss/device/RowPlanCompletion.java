package dev.batchloss.device;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.ProbabilityTargets;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.InputTransform;
import dev.batchloss.plan.ProbabilityCheck;
import dev.batchloss.plan.RowEpilogue;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.RowStatistics;
import dev.batchloss.plan.TargetScan;
import dev.batchloss.spi.RowRequest;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Rows of a row plan: their sums are normalized, and {@link RowEpilogue} forms the losses. */
final class RowPlanCompletion implements BatchCompletion {
  private final RowColumns columns;
  private final InputTransform transform;
  private final int classes;
  private final ElementType inputType;
  private final ElementReader input;
  private final @Nullable Matrix targets;
  private final RowEpilogue epilogue;
  private final double shiftUnit;

  RowPlanCompletion(RowPlan plan, RowRequest<?> request, ElementReader input) {
    this.columns = RowColumns.of(request);
    this.transform = plan.input();
    this.classes = request.input().classes();
    this.inputType = request.input().type();
    this.input = input;
    this.targets =
        request.targets() instanceof ProbabilityTargets soft ? soft.probabilities() : null;
    // Only losses are formed here, which are not scaled.
    this.epilogue = new RowEpilogue(plan, request.targetKind(), request.needs(), classes, 1, null);
    boolean isOrderedUnscaled = transform.kind() == InputKind.LOGITS && !transform.hasSoftcap();
    this.shiftUnit = isOrderedUnscaled ? transform.logitScale() : 1;
  }

  @Override
  public void complete(RowStatistics batch, CheckColumns checks) {
    shiftTargets(batch);
    normalize(batch);
    check(batch, checks);
    epilogue.losses(batch);
  }

  /** In double, and before scaling: of 1e30 and its neighbour only the difference matters. */
  private void shiftTargets(RowStatistics batch) {
    if (!columns.contains(RowColumn.SHIFT)) {
      Arrays.fill(batch.shift, 0, batch.size, 0);
    }
    if (columns.contains(RowColumn.TARGET_ORDERED)) {
      for (int i = 0; i < batch.size; i++) {
        batch.targetShifted[i] = (batch.targetShifted[i] - batch.shift[i]) * shiftUnit;
      }
    }
  }

  /** A row that holds NaN or +∞, or nothing but −∞, has no softmax: its sum is NaN. */
  private void normalize(RowStatistics batch) {
    if (!transform.normalizesByLogSumExp()) {
      Arrays.fill(batch.logNormalizer, 0, batch.size, 0);
      return;
    }
    for (int i = 0; i < batch.size; i++) {
      double sum = batch.sum[i];
      batch.sum[i] = sum > 0 && sum < Double.POSITIVE_INFINITY ? sum : Double.NaN;
      batch.logNormalizer[i] = Math.log(batch.sum[i]);
      batch.shift[i] *= shiftUnit;
    }
  }

  private void check(RowStatistics batch, CheckColumns checks) {
    boolean checksTargets = columns.contains(RowColumn.BAD_TARGET_CLASS);
    boolean checksInput = columns.contains(RowColumn.BAD_CLASS);
    if (!checksTargets && !checksInput) {
      return;
    }
    for (int i = 0; i < batch.size; i++) {
      if (checksTargets && checks.badTargetClass[i] >= 0) {
        requireTargets(batch.firstRow + i, checks.badTargetClass[i]);
      }
      boolean isChecked = checksInput && !batch.ignored[i];
      if (isChecked && (checks.badClass[i] >= 0 || isOff(checks.inputSum[i]))) {
        requireInput(batch.firstRow + i);
      }
    }
  }

  private void requireTargets(long row, int firstClass) {
    Matrix probabilities = Objects.requireNonNull(targets);
    for (int c = firstClass; c < classes; c++) {
      TargetScan.requireProbability("target probability", row, c, probabilities.get(row, c));
    }
  }

  /** The device says where to look; what is bad is decided in double, as everywhere. */
  private void requireInput(long row) {
    ProbabilityCheck.requireRow(row, classes, c -> input.read(row, c), transform, inputType);
  }

  /** Whether the device's sum, which is rounded, is near the tolerance or beyond it. */
  private boolean isOff(double sum) {
    return !(Math.abs(sum - 1) <= transform.sumTolerance() / 2);
  }
}
