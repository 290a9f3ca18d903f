package dev.batchloss.cuda;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.MatrixShape;
import dev.batchloss.device.RowArithmetic;
import dev.batchloss.device.RowColumn;
import dev.batchloss.device.RowColumns;
import dev.batchloss.device.RowLayout;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.RowObjective;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.spi.RowRequest;
import java.util.List;
import java.util.Set;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Which kernels reduce the rows of a call, and in which shape; a function of the call, and of the
 * device where that changes no bit: whether rows are split or kept in shared memory.
 *
 * @param module the PTX file
 * @param family what the names of its kernels begin with
 * @param arithmetic FLOAT32 or FLOAT64: what they compute in, and what the columns are
 * @param layout how the rows lie
 * @param classes the length of a row
 * @param inputBytes the bytes of an element of the input
 * @param writes whether there is an output
 * @param isProbabilities whether the input is neither logits nor their logarithms
 * @param readsRows whether the columns take more than the targets' elements
 */
record RowProgram(
    String module,
    String family,
    ElementType arithmetic,
    RowLayout layout,
    int classes,
    int inputBytes,
    boolean writes,
    boolean isProbabilities,
    boolean readsRows)
    implements RowKernels {
  /** Classes of a segment: rows are split nowhere else. */
  static final int SEGMENT = 1 << 16;

  /** Rows are kept in shared memory in whole ones of these. */
  private static final int OCTET = 8;

  private static final int WARP = 32;

  /** The classes of a row that lanes keep in registers, an octet each. */
  private static final int ONE_OCTET = OCTET * WARP;

  /** The same with four octets each, of floats. */
  private static final int FOUR_OCTETS = 4 * OCTET * WARP;

  private static final int REGISTER_THREADS = 128;
  private static final int BLOCK_THREADS = 256;
  private static final int COMBINE_THREADS = 32;
  private static final int ACROSS_THREADS = 128;

  /** Rows for each multiprocessor below which a device is not kept busy by whole rows. */
  private static final int ROWS_PER_MULTIPROCESSOR = 2;

  private static final Set<RowColumn> PLAIN_COLUMNS =
      Set.of(RowColumn.SHIFT, RowColumn.SUM, RowColumn.TARGET_ORDERED);

  /** Derives the program of a call. */
  static RowProgram of(RowRequest<?> request) {
    MatrixShape output = request.output();
    return of(
        request.rowPlan(),
        RowArithmetic.of(request),
        RowColumns.of(request),
        request.input(),
        RowLayout.of(request.input()),
        request.outputKind(),
        output == null ? null : output.type());
  }

  /** Likewise, of a call whose targets the host does not have. */
  static RowProgram of(
      RowPlan plan,
      ElementType arithmetic,
      RowColumns columns,
      MatrixShape input,
      RowLayout layout,
      MatrixOutput outputKind,
      @Nullable ElementType outputType) {
    boolean writes = outputKind != MatrixOutput.NONE;
    boolean isPlain =
        isPlain(plan, arithmetic, columns, input.type())
            && (!writes || (outputKind == MatrixOutput.GRADIENT && outputType == input.type()));
    return new RowProgram(
        isPlain ? "plain_" + input.type() : "general_" + arithmetic,
        isPlain ? (writes ? "gradient" : "loss") : "rows",
        arithmetic,
        layout,
        input.classes(),
        input.type().bytes(),
        writes,
        plan.input().kind() == InputKind.PROBABILITIES,
        columns.readRows());
  }

  /** Returns how many threads of a warp share a row that stays in registers. */
  @Override
  public int lanes() {
    int octets = Math.max(1, Math.ceilDiv(classes, OCTET));
    return Math.min(WARP, Integer.highestOneBit(2 * octets - 1));
  }

  /** Returns how many segments a row has. */
  int segments() {
    return Math.ceilDiv(classes, SEGMENT);
  }

  @Override
  public List<RowLaunch> launches(
      int rows, int multiprocessors, ToIntFunction<String> dynamicShared) {
    if (layout == RowLayout.ACROSS) {
      return List.of(rowsTogether("across", rows, ACROSS_THREADS, ACROSS_THREADS));
    }
    if (classes <= ONE_OCTET) {
      return List.of(
          rowsTogether("registers_1", rows, REGISTER_THREADS / lanes(), REGISTER_THREADS));
    }
    if (classes <= FOUR_OCTETS && arithmetic == ElementType.FLOAT32) {
      return List.of(
          rowsTogether("registers_4", rows, REGISTER_THREADS / lanes(), REGISTER_THREADS));
    }
    if (isSplit(rows, multiprocessors)) {
      return segmentLaunches(rows);
    }
    String kernel = family + "_block";
    return List.of(new RowLaunch(kernel, rows, 1, BLOCK_THREADS, keptBytes(kernel, dynamicShared)));
  }

  /** Returns whether the rows of a chunk are split, for which their segments need memory. */
  boolean isSplit(int rows, int multiprocessors) {
    return layout == RowLayout.ALONG
        && classes > SEGMENT
        && !isProbabilities
        && readsRows
        && rows < (long) ROWS_PER_MULTIPROCESSOR * multiprocessors;
  }

  private RowLaunch rowsTogether(String tier, int rows, int rowsOfBlock, int threads) {
    return new RowLaunch(family + "_" + tier, Math.ceilDiv(rows, rowsOfBlock), 1, threads, 0);
  }

  private List<RowLaunch> segmentLaunches(int rows) {
    RowLaunch reduce = new RowLaunch(family + "_segments", segments(), rows, BLOCK_THREADS, 0);
    RowLaunch combine = rowsTogether("combine", rows, COMBINE_THREADS, COMBINE_THREADS);
    RowLaunch write = new RowLaunch(family + "_write", segments(), rows, BLOCK_THREADS, 0);
    return writes ? List.of(reduce, combine, write) : List.of(reduce, combine);
  }

  /** What is written afterwards is read again: from shared memory if it fits. */
  private int keptBytes(String kernel, ToIntFunction<String> dynamicShared) {
    if (!writes || isProbabilities || !readsRows) {
      return 0;
    }
    long row = Math.ceilDiv((long) classes, OCTET) * OCTET * inputBytes;
    return row <= dynamicShared.applyAsInt(kernel) ? (int) row : 0;
  }

  private static boolean isPlain(
      RowPlan plan, ElementType arithmetic, RowColumns columns, ElementType type) {
    RowObjective objective = plan.objective();
    return (arithmetic == ElementType.FLOAT64) == (type == ElementType.FLOAT64)
        && plan.input().kind() == InputKind.LOGITS
        && !plan.input().hasSoftcap()
        && PLAIN_COLUMNS.containsAll(columns.asList())
        && objective.labelSmoothing() == 0
        && objective.entropy() == 0
        && objective.hasPlainTargetTerm()
        && objective.zLoss() == 0;
  }
}
