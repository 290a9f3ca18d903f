package dev.batchloss.scalar;

import dev.batchloss.data.Matrix;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.InputTransform;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Normalization;
import dev.batchloss.plan.RowObjective;
import dev.batchloss.plan.RowStatistics;
import dev.batchloss.spi.RowRequest;
import org.jspecify.annotations.Nullable;

/**
 * The second pass: writes a row of the output matrix from what the first pass left. With
 *
 * <pre>
 *   pull_c   = p_c·(u + e·(z_c−shift))          what normalising and the entropy add
 *   push_c   = r·[c = t] + k·w_c + h·w_c·q_c    what the target and the smoothing take
 *   dL/dz_c  = pull_c − push_c
 * </pre>
 *
 * the gradient is that times dz/dx.
 */
final class RowWriter {
  private final InputTransform transform;
  private final RowObjective objective;
  private final MatrixOutput kind;
  private final @Nullable Matrix output;
  private final RowReader reader;
  private final int classes;

  RowWriter(RowRequest<Matrix> request, RowReader reader) {
    this.transform = request.rowPlan().input();
    this.objective = request.rowPlan().objective();
    this.kind = request.outputKind();
    this.output = request.output();
    this.reader = reader;
    this.classes = request.input().classes();
  }

  /** Writes the row that the reader read last. */
  void write(long row, RowStatistics rows) {
    if (output == null) {
      return;
    }
    boolean subtractsMean =
        kind == MatrixOutput.GRADIENT && transform.normalization() == Normalization.BEFORE_CLIP;
    double mean = subtractsMean && !rows.ignored[0] ? meanOfUnclipped(rows) : 0;
    for (int c = 0; c < classes; c++) {
      output.set(row, c, element(rows, c, mean));
    }
  }

  private double element(RowStatistics rows, int c, double mean) {
    return switch (kind) {
      case NONE, ELEMENT_LOSS ->
          throw new IllegalStateException("rows have no output of the kind " + kind);
      case LOG_SOFTMAX -> logProbability(rows, c);
      case SOFTMAX -> StrictMath.exp(logProbability(rows, c));
      case GRADIENT -> rows.ignored[0] ? 0 : gradient(rows, c, mean);
    };
  }

  private double logProbability(RowStatistics rows, int c) {
    return reader.shifted[c] - rows.logNormalizer[0];
  }

  private double gradient(RowStatistics rows, int c, double mean) {
    if (transform.kind() != InputKind.PROBABILITIES) {
      return reader.logitDerivative(c) * (pull(rows, c) - push(rows, c));
    }
    double derivative = probabilityDerivative(rows, c);
    return transform.normalization() == Normalization.BEFORE_CLIP
        ? (derivative - mean) / reader.inputSum
        : derivative;
  }

  private double pull(RowStatistics rows, int c) {
    if (!transform.normalizesByLogSumExp() && rows.u[0] == 0 && rows.e[0] == 0) {
      return 0;
    }
    double probability = StrictMath.exp(logProbability(rows, c));
    // Where p is 0 its logarithm is −∞, and p·log p is 0.
    return probability == 0 ? 0 : probability * inclination(rows, c);
  }

  private double inclination(RowStatistics rows, int c) {
    double slope = rows.e[0] == 0 ? 0 : rows.e[0] * reader.shifted[c];
    return rows.u[0] + slope;
  }

  private double push(RowStatistics rows, int c) {
    double push = c == rows.target[0] ? rows.r[0] : 0;
    push += rows.k[0] * objective.classWeight(c);
    if (reader.q.length > 0) {
      push += rows.h[0] * objective.classWeight(c) * reader.q[c];
    }
    return push;
  }

  /**
   * The derivative with respect to the probability that is clipped: 0 where clipping moved it, else
   * (pull − push)/p, in which the p of pull cancels.
   */
  private double probabilityDerivative(RowStatistics rows, int c) {
    if (isClipped(c)) {
      return 0;
    }
    double push = push(rows, c);
    double normalizer = StrictMath.exp(rows.logSumExp(0));
    return inclination(rows, c) / normalizer - (push == 0 ? 0 : push / reader.probability(c));
  }

  /**
   * Σ p_c·dL/dp_c, which dividing by the row's sum takes from every derivative; NaN where the sum
   * makes no distribution of the row, and then so is all of the gradient.
   */
  private double meanOfUnclipped(RowStatistics rows) {
    if (Double.isNaN(rows.sum[0])) {
      return Double.NaN;
    }
    double mean = 0;
    for (int c = 0; c < classes; c++) {
      if (!isClipped(c)) {
        mean += pull(rows, c) - push(rows, c);
      }
    }
    return mean;
  }

  private boolean isClipped(int c) {
    double probability = reader.unclipped(c);
    return probability < transform.clipLow() || probability > transform.clipHigh();
  }
}
