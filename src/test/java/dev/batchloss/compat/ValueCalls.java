package dev.batchloss.compat;

import static dev.batchloss.compat.SemanticsNumbers.ELEMENT_WEIGHTS;
import static dev.batchloss.compat.SemanticsNumbers.ROW_WEIGHTS;

import dev.batchloss.BatchLoss;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.data.ValueTargets;
import dev.batchloss.loss.Loss;
import dev.batchloss.plan.Reduction;

/** Calls of the core's losses that compare with values: of three rows of three, of one, of none. */
final class ValueCalls {
  private static final Matrix NO_ROWS = Matrix.of(new double[0], 0, 3);

  private final BatchLoss engine;

  ValueCalls(BatchLoss engine) {
    this.engine = engine;
  }

  static ValueTargets targets(double[] values) {
    return Targets.values(Matrix.of(values, 3, 3));
  }

  static ValueTargets weighted(double[] values) {
    return targets(values)
        .withElementWeights(Matrix.of(ELEMENT_WEIGHTS, 3, 3))
        .withSampleWeights(ROW_WEIGHTS);
  }

  double loss(Loss loss, double[] x, Targets targets) {
    return engine.evaluate(loss, Matrix.of(x, 3, 3), targets).loss();
  }

  double[] rowLosses(Loss loss, double[] x, Targets targets) {
    return engine
        .evaluate(loss.withReduction(Reduction.NONE), Matrix.of(x, 3, 3), targets)
        .rowLosses();
  }

  /** The loss of one row. */
  double ofRow(Loss loss, double[] x, double[] y) {
    Matrix target = Matrix.of(y, 1, y.length);
    return engine.evaluate(loss, Matrix.of(x, 1, x.length), Targets.values(target)).loss();
  }

  /** The loss of one element. */
  double loss(Loss loss, double x, double y) {
    return ofRow(loss, new double[] {x}, new double[] {y});
  }

  double ofNothing(Loss loss) {
    return engine.evaluate(loss, NO_ROWS, Targets.values(NO_ROWS)).loss();
  }
}
