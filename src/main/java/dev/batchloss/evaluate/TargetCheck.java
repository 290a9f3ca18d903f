package dev.batchloss.evaluate;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.InvalidTargetException;
import dev.batchloss.data.Matrix;
import dev.batchloss.plan.ExactSum;
import dev.batchloss.plan.Plan;
import dev.batchloss.plan.TargetScan;
import java.io.IOException;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/**
 * What comes before the first block: class targets and sample weights are read from end to end, so
 * that a bad one is refused before anything is computed or written, and the denominator of MEAN is
 * known. Probability targets are as large as the predictions; they are checked as they are used.
 */
final class TargetCheck {
  private static final long ROWS_AT_ONCE = 1 << 18;

  private final EvaluationFiles files;
  private final Plan plan;
  private TargetScan total = new TargetScan(0, 0, new ExactSum());
  private @Nullable InvalidTargetException badTarget;
  private long badTargets;
  private @Nullable InvalidDataException badWeight;

  private TargetCheck(EvaluationFiles files, Plan plan) {
    this.files = files;
    this.plan = plan;
  }

  /**
   * Reads the targets and weights.
   *
   * @throws InvalidTargetException if a class target is out of range, with the row among all
   * @throws InvalidDataException if a class target is no integer or a sample weight not finite
   */
  static TargetScan run(EvaluationFiles files, Plan plan) throws IOException {
    RowBlocks blocks = new RowBlocks(files.shape(), files.classAxis(), ROWS_AT_ONCE);
    if (files.classTargets() == null && files.sampleWeights() == null) {
      return TargetScan.of(plan, blocks.rows(), files.classes(), null);
    }
    return new TargetCheck(files, plan).run(blocks);
  }

  private TargetScan run(RowBlocks blocks) throws IOException {
    RowVectorFile indices = files.classTargets();
    RowVectorFile weights = files.sampleWeights();
    try (Arena arena = Arena.ofConfined()) {
      ClassTargetBuffer targets =
          indices == null
              ? null
              : new ClassTargetBuffer(indices, files.classes(), blocks.mostRows(), arena);
      MatrixBuffer sampleWeights =
          weights == null
              ? null
              : new MatrixBuffer(
                  weights.file().type(), ElementType.FLOAT64, blocks.mostRows(), arena);
      for (long i = 0; i < blocks.size(); i++) {
        RowBlock block = blocks.get(i);
        Matrix blockWeights = null;
        if (sampleWeights != null) {
          weights.read(block, sampleWeights.raw());
          blockWeights = sampleWeights.view(block.rows(), 1, 1);
          checkWeights(block, blockWeights);
        }
        scan(block, targets == null ? null : targets.read(block), blockWeights);
      }
    }
    if (badTarget != null) {
      throw new InvalidTargetException(
          badTarget.row(), badTarget.value(), badTargets, files.classes());
    }
    if (badWeight != null) {
      throw badWeight;
    }
    return total;
  }

  private void checkWeights(RowBlock block, Matrix weights) {
    for (long row = 0; row < block.rows() && badWeight == null; row++) {
      double weight = weights.get(row, 0);
      if (!Double.isFinite(weight)) {
        badWeight =
            new InvalidDataException(
                "%s: sample weight of row %d is %s, must be finite"
                    .formatted(
                        files.sampleWeights().file().name(), block.firstRow() + row, weight));
      }
    }
  }

  private void scan(RowBlock block, @Nullable ClassTargets targets, @Nullable Matrix weights) {
    try {
      total = total.merge(scanOf(block, targets, badWeight == null ? weights : null));
    } catch (InvalidTargetException e) {
      badTargets += e.count();
      if (badTarget == null) {
        badTarget =
            new InvalidTargetException(
                block.firstRow() + e.row(), e.value(), e.count(), e.classes());
      }
    }
  }

  private TargetScan scanOf(
      RowBlock block, @Nullable ClassTargets targets, @Nullable Matrix weights) {
    if (targets != null) {
      return TargetScan.of(
          plan,
          block.rows(),
          files.classes(),
          weights == null ? targets : targets.withSampleWeights(weights));
    }
    ExactSum weightSum = new ExactSum();
    for (long row = 0; weights != null && row < block.rows(); row++) {
      weightSum.add(weights.get(row, 0));
    }
    return new TargetScan(block.rows(), block.rows(), weightSum);
  }
}
