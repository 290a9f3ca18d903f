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
  private final boolean isGradient;
  private final boolean checks;
  private final float[] losses = new float[BLOCK];
  private final float[] lanes = new float[Lanes.FLOATS];

  FloatLogitPass(ComparisonCall call, ElementPlan plan) {
    super(call, plan);
    this.input = Operand.ofFloats(call.input);
    this.targets = Operand.ofFloats(call.targets);
    this.weights = Operand.ofFloatsOrNull(call.elementWeights);
    this.output = Operand.ofFloatsOrNull(call.output);
    this.isGradient = call.outputKind == MatrixOutput.GRADIENT;
    this.checks = plan.targetCheck() != ValueCheck.NONE;
  }

  @Override
  void evaluate(long firstRow, int n, int c, int k) {
    int size = n * k;
    input.readFloats(firstRow, n, c, k);
    targets.readFloats(firstRow, n, c, k);
    float[] x = input.floats;
    float[] y = targets.floats;
    if (checks && !LogitKernel.areProbabilities(y, size)) {
      requireTargets(firstRow, n, c, k);
    }
    if (isGradient && output != null) {
      LogitKernel.lossesAndSlopes(x, y, losses, output.floats, size);
    } else {
      LogitKernel.losses(x, y, losses, size);
    }
    if (LogitKernel.hasInfinityOrNan(x, size)) {
      LogitKernel.mendInfinities(x, y, losses, size);
    }
    if (weights != null) {
      weights.readFloats(firstRow, n, c, k);
      multiply(losses, weights.floats, size);
      if (isGradient && output != null) {
        multiply(output.floats, weights.floats, size);
      }
    }
    if (!isGradient && output != null) {
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
            input.floats[row * k + j],
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
    return LogitKernel.sum(losses, offset, k, lanes);
  }

  @Override
  int matches(int offset, int k) {
    int matches = 0;
    for (int j = offset; j < offset + k; j++) {
      float x = input.floats[j];
      boolean isWanted = targets.floats[j] > ElementFunction.TARGET_THRESHOLD;
      matches += !Float.isNaN(x) && x > 0 == isWanted ? 1 : 0;
    }
    return matches;
  }

  @Override
  void scaleOutput(int offset, int k, double factor) {
    float[] written = output.floats;
    float rounded = (float) factor;
    for (int j = offset; j < offset + k; j++) {
      written[j] *= rounded;
    }
  }

  @Override
  void writeOutput(long firstRow, int n, int c, int k) {
    output.writeFloats(firstRow, n, c, k);
  }
}
