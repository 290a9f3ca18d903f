package dev.batchloss.cpu;

import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.ProbabilityCheck;
import dev.batchloss.plan.ValueCheck;
import org.jspecify.annotations.Nullable;

/**
 * Binary cross-entropy on logits and targets of at most 32 bits in 32-bit arithmetic: of all losses
 * of elements the one whose inputs are largest.
 */
final class FloatLogitPass extends ElementPass {
  private final Operand input;
  private final Operand targets;
  private final @Nullable Operand weights;
  private final @Nullable Operand output;
  private final boolean writesSlopes;
  private final boolean writesLosses;
  private final boolean checks;
  private final float[] losses = new float[BLOCK];
  private final float[] lanes = new float[Lanes.FLOATS];
  private final LogitSum rowSums = new LogitSum();
  private final boolean mayStayInPlace;
  private boolean hasRowSums;

  FloatLogitPass(ComparisonCall call, ElementPlan plan) {
    super(call, plan);
    this.input = Operand.ofFloats(call.input);
    this.targets = Operand.ofFloats(call.targets);
    this.weights = Operand.ofFloatsOrNull(call.elementWeights);
    this.output = Operand.ofFloatsOrNull(call.output);
    this.writesSlopes = output != null && call.outputKind == MatrixOutput.GRADIENT;
    this.writesLosses = output != null && !writesSlopes;
    this.mayStayInPlace =
        call.output == null
            || !(call.output.overlaps(call.input) || call.output.overlaps(call.targets));
    this.checks = plan.targetCheck() != ValueCheck.NONE;
  }

  @Override
  void evaluate(long firstRow, int n, int c, int k) {
    if (mayStayInPlace) {
      input.findFloats(firstRow, n, c, k);
      targets.findFloats(firstRow, n, c, k);
    } else {
      input.copyFloats(firstRow, n, c, k);
      targets.copyFloats(firstRow, n, c, k);
    }
    hasRowSums = weights == null && k >= Lanes.FLOATS;
    boolean isDone = hasRowSums && sumRows(n, k) && !writesLosses;
    if (!isDone) {
      evaluateElements(firstRow, n, c, k);
    }
  }

  /** Sums each row, with its slopes if they are wanted; false if not all of them are ordinary. */
  private boolean sumRows(int n, int k) {
    for (int row = 0; row < n; row++) {
      int x0 = input.offset + row * k;
      int y0 = targets.offset + row * k;
      if (writesSlopes) {
        rowSums.readAndWriteSlopes(
            row, input.floats, x0, targets.floats, y0, output.floats, row * k, k);
      } else {
        rowSums.read(row, input.floats, x0, targets.floats, y0, k);
      }
    }
    return rowSums.finish(n);
  }

  private void evaluateElements(long firstRow, int n, int c, int k) {
    int size = n * k;
    float[] x = input.floats;
    int x0 = input.offset;
    float[] y = targets.floats;
    int y0 = targets.offset;
    if (checks && !LogitKernel.areProbabilities(y, y0, size)) {
      requireTargets(firstRow, n, c, k);
    }
    if (writesSlopes) {
      LogitKernel.lossesAndSlopes(x, x0, y, y0, losses, output.floats, size);
    } else {
      LogitKernel.losses(x, x0, y, y0, losses, size);
    }
    if (LogitKernel.hasInfinityOrNan(x, x0, size)) {
      LogitKernel.mendInfinities(x, x0, y, y0, losses, size);
    }
    if (weights != null) {
      weights.copyFloats(firstRow, n, c, k);
      multiply(losses, weights.floats, size);
      if (writesSlopes) {
        multiply(output.floats, weights.floats, size);
      }
    }
    if (writesLosses) {
      System.arraycopy(losses, 0, output.floats, 0, size);
    }
  }

  /** Decides in double, as everywhere, and names the element. */
  private void requireTargets(long firstRow, int n, int c, int k) {
    for (int row = 0; row < n; row++) {
      for (int j = 0; j < k; j++) {
        ProbabilityCheck.requireValues(
            plan,
            firstRow + row,
            c + j,
            input.floats[input.offset + row * k + j],
            call.targets.get(firstRow + row, c + j));
      }
    }
  }

  private static void multiply(float[] values, float[] factors, int n) {
    for (int j = 0; j < n; j++) {
      values[j] *= factors[j];
    }
  }

  @Override
  double sum(int offset, int k) {
    double sum = hasRowSums ? rowSums.sum(offset / k) : Double.NaN;
    return Double.isNaN(sum) ? LogitKernel.sum(losses, offset, k, lanes) : sum;
  }

  @Override
  int matches(int offset, int k) {
    int matches = 0;
    for (int j = offset; j < offset + k; j++) {
      float x = input.floats[input.offset + j];
      boolean isWanted = targets.floats[targets.offset + j] > ElementFunction.TARGET_THRESHOLD;
      matches += !Float.isNaN(x) && x > 0 == isWanted ? 1 : 0;
    }
    return matches;
  }

  @Override
  void scaleOutput(int offset, int size, double factor) {
    float[] written = output.floats;
    float rounded = (float) factor;
    for (int j = offset; j < offset + size; j++) {
      written[j] *= rounded;
    }
  }

  @Override
  void writeOutput(long firstRow, int n, int c, int k) {
    output.writeFloats(firstRow, n, c, k);
  }
}
