package dev.batchloss;

import dev.batchloss.data.Matrix;
import dev.batchloss.data.MatrixShape;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.RowStatistic;
import dev.batchloss.spi.DeviceMatrix;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a call returns besides the loss; what is not asked for costs nothing. Immutable: each method
 * returns another one. At most one matrix is written, into memory that stays the caller's.
 */
public final class Outputs {
  private MatrixOutput matrixKind = MatrixOutput.NONE;
  private @Nullable MatrixShape matrix;
  private boolean returnsRowLosses;
  private @Nullable Matrix rowLosses;
  private boolean returnsLogSumExp;
  private @Nullable Matrix logSumExp;
  private @Nullable Double upstream;
  private @Nullable Matrix rowUpstream;
  private Set<Metric> metrics = Set.of();

  private Outputs() {}

  private Outputs(Outputs other) {
    this.matrixKind = other.matrixKind;
    this.matrix = other.matrix;
    this.returnsRowLosses = other.returnsRowLosses;
    this.rowLosses = other.rowLosses;
    this.returnsLogSumExp = other.returnsLogSumExp;
    this.logSumExp = other.logSumExp;
    this.upstream = other.upstream;
    this.rowUpstream = other.rowUpstream;
    this.metrics = other.metrics;
  }

  /** The loss and nothing else. */
  public static Outputs lossOnly() {
    return new Outputs();
  }

  /**
   * The gradient of the reduced loss with respect to the input, written to {@code gradient}: the
   * input's shape, any element type and strides, no element twice. It may be the same view as the
   * input, which is {@link #gradientInPlace()}, but must not overlap it otherwise.
   */
  public static Outputs gradientInto(Matrix gradient) {
    return matrix(MatrixOutput.GRADIENT, Objects.requireNonNull(gradient, "gradient"));
  }

  /**
   * The same on the device of an input that is there: the input's shape, any element type. It may
   * be the input itself.
   */
  public static Outputs gradientInto(DeviceMatrix gradient) {
    return matrix(MatrixOutput.GRADIENT, Objects.requireNonNull(gradient, "gradient"));
  }

  /** The gradient of the reduced loss with respect to the input, written over the input. */
  public static Outputs gradientInPlace() {
    return matrix(MatrixOutput.GRADIENT, null);
  }

  /**
   * The loss of each element, its weights included and not yet reduced, written to {@code losses}:
   * the input's shape, any element type. For losses that compare element by element.
   */
  public static Outputs elementLossesInto(Matrix losses) {
    return matrix(MatrixOutput.ELEMENT_LOSS, Objects.requireNonNull(losses, "losses"));
  }

  /** The same on the device of an input that is there. */
  public static Outputs elementLossesInto(DeviceMatrix losses) {
    return matrix(MatrixOutput.ELEMENT_LOSS, Objects.requireNonNull(losses, "losses"));
  }

  /** The softmax of each row (probabilities as the loss sees them), written to {@code softmax}. */
  public static Outputs softmaxInto(Matrix softmax) {
    return matrix(MatrixOutput.SOFTMAX, Objects.requireNonNull(softmax, "softmax"));
  }

  /** The same on the device of an input that is there. */
  public static Outputs softmaxInto(DeviceMatrix softmax) {
    return matrix(MatrixOutput.SOFTMAX, Objects.requireNonNull(softmax, "softmax"));
  }

  /** The log-softmax of each row, written to {@code logSoftmax}. */
  public static Outputs logSoftmaxInto(Matrix logSoftmax) {
    return matrix(MatrixOutput.LOG_SOFTMAX, Objects.requireNonNull(logSoftmax, "logSoftmax"));
  }

  /** The same on the device of an input that is there. */
  public static Outputs logSoftmaxInto(DeviceMatrix logSoftmax) {
    return matrix(MatrixOutput.LOG_SOFTMAX, Objects.requireNonNull(logSoftmax, "logSoftmax"));
  }

  /** Besides, one unreduced loss a row, in an array of {@link LossResult}; 0 for ignored rows. */
  public Outputs withRowLosses() {
    Outputs next = new Outputs(this);
    next.returnsRowLosses = true;
    return next;
  }

  /** Besides, one unreduced loss a row, written to a matrix of rows × 1 of any element type. */
  public Outputs withRowLossesInto(Matrix losses) {
    Outputs next = new Outputs(this);
    next.rowLosses = Objects.requireNonNull(losses, "losses");
    return next;
  }

  /** Besides, log Σ e^z of each row of logits, in an array of {@link LossResult}. */
  public Outputs withLogSumExp() {
    Outputs next = new Outputs(this);
    next.returnsLogSumExp = true;
    return next;
  }

  /** Besides, log Σ e^z of each row of logits, written to a matrix of rows × 1 of any type. */
  public Outputs withLogSumExpInto(Matrix logSumExps) {
    Outputs next = new Outputs(this);
    next.logSumExp = Objects.requireNonNull(logSumExps, "logSumExps");
    return next;
  }

  /** Multiplies the gradient by the derivative of what follows; for every reduction but NONE. */
  public Outputs withUpstream(double derivative) {
    Outputs next = new Outputs(this);
    next.upstream = derivative;
    return next;
  }

  /** Multiplies the gradient of row r by {@code derivatives[r]}; for the reduction NONE. */
  public Outputs withUpstream(double[] derivatives) {
    return withUpstream(Matrix.of(derivatives, derivatives.length, 1));
  }

  /** Multiplies the gradient of each row by its element of a rows × 1 matrix; for NONE. */
  public Outputs withUpstream(Matrix derivatives) {
    Outputs next = new Outputs(this);
    next.rowUpstream = Objects.requireNonNull(derivatives, "derivatives");
    return next;
  }

  /** Besides, these metrics. */
  public Outputs withMetrics(Metric... wanted) {
    return withMetrics(List.of(wanted));
  }

  /** Besides, these metrics. */
  public Outputs withMetrics(Collection<Metric> wanted) {
    Outputs next = new Outputs(this);
    Set<Metric> all = new LinkedHashSet<>(metrics);
    all.addAll(wanted);
    next.metrics = Set.copyOf(all);
    return next;
  }

  /** Returns the metrics that were asked for. */
  public Set<Metric> metrics() {
    return metrics;
  }

  MatrixOutput matrixKind() {
    return matrixKind;
  }

  /** Returns where the matrix goes: the input itself for an output in place, or null for none. */
  @Nullable MatrixShape matrixFor(MatrixShape input) {
    if (matrixKind == MatrixOutput.NONE) {
      return null;
    }
    return matrix == null ? input : matrix;
  }

  boolean returnsRowLosses() {
    return returnsRowLosses;
  }

  @Nullable Matrix rowLosses() {
    return rowLosses;
  }

  boolean returnsLogSumExp() {
    return returnsLogSumExp;
  }

  @Nullable Matrix logSumExp() {
    return logSumExp;
  }

  @Nullable Double upstream() {
    return upstream;
  }

  @Nullable Matrix rowUpstream() {
    return rowUpstream;
  }

  Set<RowStatistic> statistics() {
    Set<RowStatistic> statistics = EnumSet.noneOf(RowStatistic.class);
    if (returnsLogSumExp || logSumExp != null) {
      statistics.add(RowStatistic.LOG_SUM_EXP);
    }
    for (Metric metric : metrics) {
      statistics.addAll(metric.kind().statistics());
    }
    return statistics;
  }

  private static Outputs matrix(MatrixOutput kind, @Nullable MatrixShape matrix) {
    Outputs outputs = new Outputs();
    outputs.matrixKind = kind;
    outputs.matrix = matrix;
    return outputs;
  }
}
