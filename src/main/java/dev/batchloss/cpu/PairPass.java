package dev.batchloss.cpu;

import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.PairFunction;
import dev.batchloss.plan.PairPlan;
import dev.batchloss.plan.RowStatistics;
import org.jspecify.annotations.Nullable;

/**
 * Rows of two matrices held against each other, in 64-bit arithmetic and in blocks from the row's
 * first class on: the maxima, then the sums, and where logarithms of both are needed the comparison
 * itself. A row that is not longer than a block is read once.
 */
final class PairPass implements BatchPass {
  private static final int BLOCK = 1024;

  private final ComparisonCall call;
  private final PairFunction function;
  private final int classes;
  private final Elements input;
  private final Elements targets;
  private final @Nullable Elements output;
  private final PairRow row;
  private final PairKernel kernel;
  private final double[] x = new double[BLOCK];
  private final double[] y = new double[BLOCK];
  private final double[] written = new double[BLOCK];

  PairPass(ComparisonCall call, PairPlan plan) {
    this.call = call;
    this.function = plan.function();
    this.classes = call.classes;
    this.input = new Elements(call.input, BLOCK);
    this.targets = new Elements(call.targets, BLOCK);
    this.output = call.output == null ? null : new Elements(call.output, BLOCK);
    this.row = new PairRow(plan);
    this.kernel = new PairKernel(row, BLOCK);
  }

  /** What is done with a block of a row. */
  private interface BlockBody {
    void run(int firstClass, int n);
  }

  @Override
  public void reduce(RowStatistics rows) {
    for (int i = 0; i < rows.size; i++) {
      long number = rows.firstRow + i;
      row.reset();
      if (function.isOfDistributions()) {
        forEachBlock(number, (_, n) -> kernel.addMaxima(x, y, n));
        forEachBlock(number, (_, n) -> kernel.addExponentials(x, y, n));
        row.normalize();
        forEachBlock(number, (_, n) -> kernel.addDivergence(x, y, n));
      } else if (function == PairFunction.COSINE_SIMILARITY) {
        forEachBlock(number, (_, n) -> kernel.addProducts(x, y, n));
      } else {
        forEachBlock(number, (c, n) -> kernel.addMargin(x, y, c, n));
      }
      rows.loss[i] = row.finish();
      if (call.outputKind == MatrixOutput.GRADIENT) {
        write(number, call.outputFactor(rows, i));
      }
    }
  }

  private void write(long number, double factor) {
    forEachBlock(
        number,
        (c, n) -> {
          kernel.slopes(x, y, written, c, n, factor);
          output.writeRow(number, c, n, written);
        });
  }

  private void forEachBlock(long number, BlockBody body) {
    for (int c = 0; c < classes; c += BLOCK) {
      int n = Math.min(BLOCK, classes - c);
      // The whole of a short row is still there.
      if (classes > BLOCK || row.isNew()) {
        input.readRow(number, c, n, x);
        targets.readRow(number, c, n, y);
        row.markRead();
      }
      body.run(c, n);
    }
  }

  @Override
  public void write(RowStatistics rows) {
    // Written with the row.
  }
}
