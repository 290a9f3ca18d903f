package dev.batchloss.device;

import dev.batchloss.data.ElementType;
import dev.batchloss.plan.ComparisonPlan;
import dev.batchloss.plan.InputTransform;
import dev.batchloss.plan.Normalization;
import dev.batchloss.plan.RowNeeds;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.RowStatistic;
import dev.batchloss.plan.TargetKind;
import dev.batchloss.plan.ValueCheck;
import dev.batchloss.spi.RowRequest;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The columns that a device returns in one call, in the order of {@link RowColumn}. In memory they
 * follow each other, each as long as the chunk has rows: column k of row i is number k·rows + i, a
 * float, or a double where the device computes in double. Immutable.
 */
public final class RowColumns {
  private final Set<RowColumn> columns;
  private final List<RowColumn> order;

  private RowColumns(Set<RowColumn> columns) {
    this.columns = Collections.unmodifiableSet(columns);
    this.order = List.copyOf(columns);
  }

  /** Derives the columns of a call; a function of its plan, targets, statistics and output kind. */
  public static RowColumns of(RowRequest<?> request) {
    return switch (request.plan()) {
      case RowPlan plan -> of(plan, request.targetKind(), request.needs());
      case ComparisonPlan plan -> of(plan, request.statistics());
    };
  }

  /** Likewise, of a call of a row plan whose targets the host does not have. */
  public static RowColumns of(RowPlan plan, TargetKind targets, RowNeeds needs) {
    InputTransform input = plan.input();
    boolean soft = targets == TargetKind.PROBABILITIES;
    Set<RowColumn> columns = EnumSet.noneOf(RowColumn.class);
    if (needs.logSumExp()) {
      columns.add(RowColumn.SUM);
      if (input.normalizesByLogSumExp()) {
        columns.add(RowColumn.SHIFT);
      }
    }
    addIf(needs.target(), columns, RowColumn.TARGET_ORDERED);
    addIf(needs.classMoment(), columns, RowColumn.CLASS_MOMENT);
    addIf(needs.targetMoment(), columns, RowColumn.TARGET_MOMENT, RowColumn.TARGET_MASS);
    addIf(
        needs.plainTargetMoment(),
        columns,
        RowColumn.PLAIN_TARGET_MOMENT,
        RowColumn.PLAIN_TARGET_MASS);
    addIf(needs.targetNegentropy(), columns, RowColumn.TARGET_NEGENTROPY);
    addIf(needs.entropyMoment(), columns, RowColumn.ENTROPY_MOMENT);
    addIf(needs.squares(), columns, RowColumn.SQUARE_SUM);
    addIf(needs.squares() && soft, columns, RowColumn.TARGET_PRODUCT, RowColumn.TARGET_SQUARE_SUM);
    addIf(needs.maximum(), columns, RowColumn.MAXIMUM);
    addIf(needs.argmax(), columns, RowColumn.ARGMAX);
    addIf(soft && (needs.argmax() || needs.rank()), columns, RowColumn.TARGET_ARGMAX);
    addIf(needs.rank(), columns, RowColumn.RANK);
    addIf(
        input.checksProbabilities() || input.normalization() == Normalization.BEFORE_CLIP,
        columns,
        RowColumn.INPUT_SUM);
    addIf(input.checksProbabilities(), columns, RowColumn.BAD_CLASS);
    addIf(
        soft && plan.targetCheck() == RowPlan.TargetCheck.UNIT_INTERVAL,
        columns,
        RowColumn.BAD_TARGET_CLASS);
    return new RowColumns(columns);
  }

  /** Returns the number of columns. */
  public int size() {
    return order.size();
  }

  /** Returns the columns in their order. */
  public List<RowColumn> asList() {
    return order;
  }

  /** Returns whether the column is among them. */
  public boolean contains(RowColumn column) {
    return columns.contains(column);
  }

  /** Returns whether the device looks for bad probabilities, in the input or the targets. */
  public boolean hasChecks() {
    return contains(RowColumn.BAD_CLASS) || contains(RowColumn.BAD_TARGET_CLASS);
  }

  /** Returns whether more than the targets' elements is read of a row. */
  public boolean readRows() {
    return order.stream().anyMatch(column -> column != RowColumn.TARGET_ORDERED);
  }

  /** Returns the column's place, counted from 0, or −1 if it is not among them. */
  public int indexOf(RowColumn column) {
    return order.indexOf(column);
  }

  /**
   * Returns how many bytes the columns of a chunk take.
   *
   * @param rows the rows of the chunk
   * @param arithmetic FLOAT32 or FLOAT64: what the numbers are
   */
  public long bytes(long rows, ElementType arithmetic) {
    return Math.multiplyExact(rows, (long) size() * arithmetic.bytes());
  }

  @Override
  public String toString() {
    return order.toString();
  }

  private static RowColumns of(ComparisonPlan plan, Set<RowStatistic> statistics) {
    Set<RowColumn> columns = EnumSet.of(RowColumn.LOSS);
    addIf(statistics.contains(RowStatistic.ARGMAX), columns, RowColumn.MATCHES);
    addIf(plan.inputCheck() == ValueCheck.UNIT_INTERVAL, columns, RowColumn.BAD_CLASS);
    addIf(plan.targetCheck() == ValueCheck.UNIT_INTERVAL, columns, RowColumn.BAD_TARGET_CLASS);
    return new RowColumns(columns);
  }

  private static void addIf(boolean wanted, Set<RowColumn> columns, RowColumn... more) {
    if (wanted) {
      Collections.addAll(columns, more);
    }
  }
}
