package dev.batchloss.spi;

import dev.batchloss.data.Matrix;
import dev.batchloss.data.MatrixShape;
import dev.batchloss.data.Targets;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Plan;
import dev.batchloss.plan.RowFold;
import dev.batchloss.plan.RowNeeds;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.RowStatistic;
import dev.batchloss.plan.TargetKind;
import dev.batchloss.plan.TargetScan;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One call of a plan. Shapes have been checked against each other by whoever made it.
 *
 * @param <M> where input and output are: {@link Matrix} on the host, {@link DeviceMatrix} on the
 *     backend's device
 * @param plan the loss
 * @param input rows × classes
 * @param targets one a row, or null where the plan uses none
 * @param statistics what metrics need beyond the loss
 * @param outputKind what {@code output} receives
 * @param output the input's shape, any element type; the same view as the input means in place;
 *     null if and only if {@code outputKind} is NONE
 * @param upstream multiplies the gradient
 * @param rowUpstream multiplies the gradient of each row (rows × 1), or null
 * @param folds called once by each worker
 * @param done what another backend has done of the call before its device failed, or null: the rows
 *     it has done are neither read nor written nor folded again, and phase 0 is not repeated
 */
public record RowRequest<M extends MatrixShape>(
    Plan plan,
    M input,
    @Nullable Targets targets,
    Set<RowStatistic> statistics,
    MatrixOutput outputKind,
    @Nullable M output,
    double upstream,
    @Nullable Matrix rowUpstream,
    Supplier<RowFold> folds,
    @Nullable RowsDone done) {

  /** A call of which nothing has been done. */
  public RowRequest(
      Plan plan,
      M input,
      @Nullable Targets targets,
      Set<RowStatistic> statistics,
      MatrixOutput outputKind,
      @Nullable M output,
      double upstream,
      @Nullable Matrix rowUpstream,
      Supplier<RowFold> folds) {
    this(plan, input, targets, statistics, outputKind, output, upstream, rowUpstream, folds, null);
  }

  /**
   * Returns the rest of the same call. Rows keep their numbers, and the denominator is the whole
   * call's.
   *
   * @param rowsDone how far it has come, or null if the whole is still to do
   */
  public RowRequest<M> after(@Nullable RowsDone rowsDone) {
    return new RowRequest<>(
        plan,
        input,
        targets,
        statistics,
        outputKind,
        output,
        upstream,
        rowUpstream,
        folds,
        rowsDone);
  }

  /** Returns the first row that is still to do; the number of rows if there is none. */
  public long firstRow() {
    return done == null ? 0 : done.rows();
  }

  /** Returns how many rows are still to do. */
  public long rowsToDo() {
    return input.rows() - firstRow();
  }

  /** Returns what came before the rows: what is known of it, else what {@code phase0} finds. */
  public TargetScan scanOr(Supplier<TargetScan> phase0) {
    return done == null ? phase0.get() : done.scan();
  }

  /**
   * Returns the plan of a call that is known to be one of a row plan.
   *
   * @throws ClassCastException if it is not
   */
  public RowPlan rowPlan() {
    return (RowPlan) plan;
  }

  /** Returns the kind of targets. */
  public TargetKind targetKind() {
    return TargetKind.of(targets);
  }

  /** Returns which statistics a call of a row plan needs. */
  public RowNeeds needs() {
    return RowNeeds.of(rowPlan(), targetKind(), statistics, outputKind);
  }

  /**
   * Returns what every gradient is multiplied by: upstream over the reduction's denominator.
   *
   * @param scan what came before the rows
   */
  public double gradientScale(TargetScan scan) {
    return upstream / plan.reduction().denominatorFor(scan.weightSum().value(), input.outer());
  }

  /** Returns whether rows that are ignored must be read all the same. */
  public boolean readsIgnoredRows() {
    return outputKind == MatrixOutput.SOFTMAX
        || outputKind == MatrixOutput.LOG_SOFTMAX
        || statistics.contains(RowStatistic.LOG_SUM_EXP);
  }

  /**
   * Returns the same call without an output matrix and without metrics, whose rows nobody takes.
   */
  public RowRequest<M> withoutOutput() {
    return new RowRequest<>(
        plan, input, targets, Set.of(), MatrixOutput.NONE, null, 1, null, () -> rows -> {}, done);
  }

  /** Returns whether the output overwrites the input. */
  public boolean inPlace() {
    return output != null && output.isSameView(input);
  }
}
