package dev.batchloss.cpu;

import dev.batchloss.data.Matrix;
import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.ProbabilityCheck;
import dev.batchloss.plan.RowStatistics;
import dev.batchloss.plan.ValueCheck;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Elements one by one, in 64-bit arithmetic, a block at a time: whole rows where several fit a
 * block, else a part of one. What is to be written follows at once, while the block is at hand.
 */
final class ElementPass implements BatchPass {
  private static final int BLOCK = 1024;

  private final ComparisonCall call;
  private final ElementPlan plan;
  private final Operand input;
  private final Operand targets;
  private final @Nullable Operand weights;
  private final @Nullable Elements output;
  private final boolean isOutputGapless;
  private final boolean checks;
  private final double[] positiveWeights = new double[BLOCK];
  private final double[] values = new double[BLOCK];
  private final double[] slopes = new double[BLOCK];
  private final double[] lanes = new double[Lanes.DOUBLES];
  private final int classes;
  private final int blockRows;

  ElementPass(ComparisonCall call, ElementPlan plan) {
    this.call = call;
    this.plan = plan;
    this.classes = call.classes;
    this.blockRows = Math.max(1, BLOCK / classes);
    this.input = new Operand(call.input);
    this.targets = new Operand(call.targets);
    this.weights = call.elementWeights == null ? null : new Operand(call.elementWeights);
    this.output = call.output == null ? null : new Elements(call.output, BLOCK);
    this.isOutputGapless = call.output != null && Tile.isGapless(call.output);
    this.checks = plan.inputCheck() != ValueCheck.NONE || plan.targetCheck() != ValueCheck.NONE;
    Arrays.fill(positiveWeights, 1);
    if (plan.positiveWeights() != null && classes <= BLOCK) {
      for (int j = 0; j < blockRows * classes; j++) {
        positiveWeights[j] = plan.positiveWeight(j % classes);
      }
    }
  }

  /** A matrix whose elements are read in blocks. */
  private static final class Operand {
    private final Elements elements;
    private final boolean isGapless;
    private final double[] block = new double[BLOCK];
    private final double[] row = new double[BLOCK];

    Operand(Matrix matrix) {
      this.elements = new Elements(matrix, BLOCK);
      this.isGapless = Tile.isGapless(matrix);
    }

    /** Reads {@code n} whole rows, or {@code n = 1} and a part of one. */
    void read(long firstRow, int n, int c, int k) {
      if (isGapless || n == 1) {
        elements.readRow(firstRow, c, n * k, block);
        return;
      }
      for (int i = 0; i < n; i++) {
        elements.readRow(firstRow + i, c, k, row);
        System.arraycopy(row, 0, block, i * k, k);
      }
    }
  }

  @Override
  public void reduce(RowStatistics rows) {
    Arrays.fill(rows.loss, 0, rows.size, 0);
    Arrays.fill(rows.matches, 0, rows.size, 0);
    if (classes <= BLOCK) {
      for (int i = 0; i < rows.size; i += blockRows) {
        run(rows, i, Math.min(blockRows, rows.size - i), 0, classes);
      }
      return;
    }
    for (int i = 0; i < rows.size; i++) {
      for (int c = 0; c < classes; c += BLOCK) {
        int k = Math.min(BLOCK, classes - c);
        if (plan.positiveWeights() != null) {
          for (int j = 0; j < k; j++) {
            positiveWeights[j] = plan.positiveWeight(c + j);
          }
        }
        run(rows, i, 1, c, k);
      }
    }
  }

  /** The classes from {@code c} on, {@code k} of them, of {@code n} rows from {@code i} on. */
  private void run(RowStatistics rows, int i, int n, int c, int k) {
    long firstRow = rows.firstRow + i;
    int size = n * k;
    input.read(firstRow, n, c, k);
    targets.read(firstRow, n, c, k);
    double[] x = input.block;
    double[] y = targets.block;
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
    ElementValues.run(plan, x, y, positiveWeights, values, size);
    if (weights != null) {
      weights.read(firstRow, n, c, k);
      for (int j = 0; j < size; j++) {
        values[j] *= weights.block[j];
      }
    }
    for (int row = 0; row < n; row++) {
      rows.loss[i + row] += k == 1 ? values[row] : Lanes.sum(values, row * k, k, lanes);
    }
    if (call.countsMatches) {
      countMatches(rows, i, n, k);
    }
    if (output != null) {
      write(rows, i, n, c, k);
    }
  }

  private void countMatches(RowStatistics rows, int i, int n, int k) {
    double threshold = plan.function().kind().threshold();
    for (int row = 0; row < n; row++) {
      int matches = 0;
      for (int j = row * k; j < (row + 1) * k; j++) {
        double x = input.block[j];
        boolean isPositive = x > threshold;
        boolean isWanted = targets.block[j] > ElementFunction.TARGET_THRESHOLD;
        matches += !Double.isNaN(x) && isPositive == isWanted ? 1 : 0;
      }
      rows.matches[i + row] += matches;
    }
  }

  private void write(RowStatistics rows, int i, int n, int c, int k) {
    boolean isGradient = call.outputKind == MatrixOutput.GRADIENT;
    double[] written = isGradient ? slopes : values;
    if (isGradient) {
      ElementSlopes.run(plan, input.block, targets.block, positiveWeights, slopes, n * k);
    }
    for (int row = 0; row < n; row++) {
      double factor = call.outputFactor(rows, i + row);
      for (int j = row * k; j < (row + 1) * k; j++) {
        written[j] *= factor;
      }
    }
    if (weights != null && isGradient) {
      for (int j = 0; j < n * k; j++) {
        written[j] *= weights.block[j];
      }
    }
    long firstRow = rows.firstRow + i;
    if (isOutputGapless || n == 1) {
      output.writeRow(firstRow, c, n * k, written);
      return;
    }
    for (int row = 0; row < n; row++) {
      System.arraycopy(written, row * k, input.row, 0, k);
      output.writeRow(firstRow + row, c, k, input.row);
    }
  }

  @Override
  public void write(RowStatistics rows) {
    // Written with the block.
  }
}
