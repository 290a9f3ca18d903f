package dev.batchloss.cpu;

import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.ProbabilityCheck;
import dev.batchloss.plan.ValueCheck;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Every function of elements, in 64-bit arithmetic. */
final class DoubleElementPass extends ElementPass {
  private final Operand input;
  private final Operand targets;
  private final @Nullable Operand weights;
  private final @Nullable Operand output;
  private final boolean isGradient;
  private final boolean checks;
  private final ElementValues values;
  private final @Nullable ElementSlopes slopes;
  private final double[] positiveWeights = new double[BLOCK];
  private final double[] losses = new double[BLOCK];
  private final double[] lanes = new double[Lanes.DOUBLES];

  DoubleElementPass(ComparisonCall call, ElementPlan plan) {
    super(call, plan);
    this.input = Operand.ofDoubles(call.input);
    this.targets = Operand.ofDoubles(call.targets);
    this.weights = Operand.ofDoublesOrNull(call.elementWeights);
    this.output = Operand.ofDoublesOrNull(call.output);
    this.isGradient = call.outputKind == MatrixOutput.GRADIENT;
    this.checks = plan.inputCheck() != ValueCheck.NONE || plan.targetCheck() != ValueCheck.NONE;
    BinaryElements binary = new BinaryElements(plan);
    this.values = new ElementValues(plan, binary);
    this.slopes = isGradient ? new ElementSlopes(plan, binary) : null;
    Arrays.fill(positiveWeights, 1);
  }

  @Override
  void evaluate(long firstRow, int n, int c, int k) {
    int size = n * k;
    input.readDoubles(firstRow, n, c, k);
    targets.readDoubles(firstRow, n, c, k);
    double[] x = input.doubles;
    double[] y = targets.doubles;
    if (checks) {
      for (int j = 0; j < size; j++) {
        ProbabilityCheck.requireValues(plan, firstRow + j / k, c + j % k, x[j], y[j]);
      }
    }
    if (plan.targetScale() != 1 || plan.targetOffset() != 0) {
      for (int j = 0; j < size; j++) {
        y[j] = plan.targetScale() * y[j] + plan.targetOffset();
      }
    }
    if (plan.positiveWeights() != null) {
      for (int j = 0; j < size; j++) {
        positiveWeights[j] = plan.positiveWeight(c + j % k);
      }
    }
    values.run(x, y, positiveWeights, losses, size);
    if (slopes != null && output != null) {
      slopes.run(x, y, positiveWeights, output.doubles, size);
    }
    if (weights != null) {
      weights.readDoubles(firstRow, n, c, k);
      for (int j = 0; j < size; j++) {
        losses[j] *= weights.doubles[j];
      }
      if (isGradient && output != null) {
        for (int j = 0; j < size; j++) {
          output.doubles[j] *= weights.doubles[j];
        }
      }
    }
    if (!isGradient && output != null) {
      System.arraycopy(losses, 0, output.doubles, 0, size);
    }
  }

  @Override
  double sum(int offset, int k) {
    return Lanes.sum(losses, offset, k, lanes);
  }

  @Override
  int matches(int offset, int k) {
    double threshold = plan.function().kind().threshold();
    int matches = 0;
    for (int j = offset; j < offset + k; j++) {
      double x = input.doubles[j];
      boolean isPositive = x > threshold;
      boolean isWanted = targets.doubles[j] > ElementFunction.TARGET_THRESHOLD;
      matches += !Double.isNaN(x) && isPositive == isWanted ? 1 : 0;
    }
    return matches;
  }

  @Override
  void scaleOutput(int offset, int size, double factor) {
    double[] written = output.doubles;
    for (int j = offset; j < offset + size; j++) {
      written[j] *= factor;
    }
  }

  @Override
  void writeOutput(long firstRow, int n, int c, int k) {
    output.writeDoubles(firstRow, n, c, k);
  }
}
