package dev.batchloss;

import dev.batchloss.loss.Loss;
import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.ExactSum;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.TargetScan;
import java.io.Serializable;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What an evaluation adds up to, before any division: exact sums, so that summaries of shards merge
 * to the same bits in any order and any split. Immutable, serialisable.
 */
public final class LossSummary implements Serializable {
  private static final long serialVersionUID = 1;

  private final Loss loss;
  private final int classes;
  private final long outer;
  private final long rows;
  private final long counted;
  private final ExactSum lossSum;
  private final ExactSum weightSum;
  private final @Nullable MetricSums metricSums;

  LossSummary(
      Loss loss,
      int classes,
      long outer,
      TargetScan scan,
      ExactSum lossSum,
      @Nullable MetricSums metricSums) {
    this(
        loss,
        classes,
        outer,
        scan.rows(),
        scan.counted(),
        lossSum,
        scan.weightSum().copy(),
        metricSums);
  }

  private LossSummary(
      Loss loss,
      int classes,
      long outer,
      long rows,
      long counted,
      ExactSum lossSum,
      ExactSum weightSum,
      @Nullable MetricSums metricSums) {
    this.loss = loss;
    this.classes = classes;
    this.outer = outer;
    this.rows = rows;
    this.counted = counted;
    this.lossSum = lossSum;
    this.weightSum = weightSum;
    this.metricSums = metricSums;
  }

  /**
   * The summary of this one's rows and {@code other}'s together.
   *
   * @throws IllegalArgumentException if the losses, the class counts or the metrics differ
   */
  public LossSummary merge(LossSummary other) {
    if (!loss.equals(other.loss) || classes != other.classes) {
      throw new IllegalArgumentException(
          "summaries of different losses or class counts do not merge: %s over %d classes, %s over %d"
              .formatted(loss, classes, other.loss, other.classes));
    }
    if ((metricSums == null) != (other.metricSums == null)) {
      throw new IllegalArgumentException("summaries with and without metrics do not merge");
    }
    ExactSum losses = lossSum.copy();
    losses.add(other.lossSum);
    ExactSum weights = weightSum.copy();
    weights.add(other.weightSum);
    MetricSums metrics = null;
    if (metricSums != null) {
      metrics = new MetricSums(metricSums.asked(), classes);
      metrics.add(metricSums);
      metrics.add(Objects.requireNonNull(other.metricSums));
    }
    return new LossSummary(
        loss,
        classes,
        outer + other.outer,
        rows + other.rows,
        counted + other.counted,
        losses,
        weights,
        metrics);
  }

  /**
   * Returns the loss, reduced as the loss says.
   *
   * @throws IllegalStateException if the reduction is NONE, whose result is one loss a row
   */
  public double loss() {
    return loss(loss.reduction());
  }

  /**
   * Returns the loss, reduced otherwise than the loss says.
   *
   * @throws IllegalStateException if {@code reduction} is NONE
   */
  public double loss(Reduction reduction) {
    if (reduction.kind() == Reduction.Kind.NONE) {
      throw new IllegalStateException(
          "the reduction is NONE: there is one loss a row, see rowLosses()");
    }
    if (reduction.kind() == Reduction.Kind.MEAN && counted == 0) {
      return loss.emptyMean() == EmptyMean.ZERO ? 0 : Double.NaN;
    }
    return lossSum() / reduction.denominatorFor(weightSum(), outer);
  }

  /** The same sums and counts, for the same loss reduced otherwise. */
  public LossSummary withReduction(Reduction reduction) {
    return new LossSummary(
        loss.withReduction(reduction),
        classes,
        outer,
        rows,
        counted,
        lossSum,
        weightSum,
        metricSums);
  }

  /**
   * The same sums and counts for an outer axis of this length, by which {@code BATCH_MEAN} divides.
   * Merging adds up the lengths, so that an entry of the axis whose rows were handed over in two
   * calls is in them twice.
   *
   * @throws IllegalArgumentException if {@code length} is negative
   */
  public LossSummary withOuter(long length) {
    if (length < 0) {
      throw new IllegalArgumentException("outer is " + length + ", must not be negative");
    }
    return new LossSummary(loss, classes, length, rows, counted, lossSum, weightSum, metricSums);
  }

  /** Returns the loss that was evaluated. */
  public Loss evaluated() {
    return loss;
  }

  /** Returns the number of classes. */
  public int classes() {
    return classes;
  }

  /** Returns the number of rows, ignored ones included. */
  public long rows() {
    return rows;
  }

  /** Returns the number of rows that were not ignored. */
  public long counted() {
    return counted;
  }

  /** Returns the number of ignored rows. */
  public long ignored() {
    return rows - counted;
  }

  /** Returns the sum of the row losses: exact, rounded once. */
  public double lossSum() {
    return lossSum.value();
  }

  /**
   * Returns the denominator of MEAN, exact, rounded once: with class targets Σ
   * sampleWeight·classWeight[target] over the counted rows, with probability targets Σ
   * sampleWeight.
   */
  public double weightSum() {
    return weightSum.value();
  }

  /**
   * Returns the metrics.
   *
   * @throws NoSuchElementException if none were asked for
   */
  public Metrics metrics() {
    if (metricSums == null) {
      throw new NoSuchElementException("no metrics were asked for; see Outputs.withMetrics");
    }
    return metricSums.metrics();
  }
}
