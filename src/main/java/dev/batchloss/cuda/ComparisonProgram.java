package dev.batchloss.cuda;

import dev.batchloss.data.ElementType;
import dev.batchloss.device.RowArithmetic;
import dev.batchloss.device.RowLayout;
import dev.batchloss.plan.ComparisonPlan;
import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.PairFunction;
import dev.batchloss.plan.PairPlan;
import dev.batchloss.spi.RowRequest;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * Which kernels compare the rows of two matrices; a function of the call alone.
 *
 * @param family what the names of the module and of its kernels begin with
 * @param function the number of what is compared
 * @param arithmetic FLOAT32 or FLOAT64: what they compute in, and what the columns are
 * @param layout how the rows lie
 * @param classes the length of a row
 * @param writes what the output receives
 */
record ComparisonProgram(
    String family,
    int function,
    ElementType arithmetic,
    RowLayout layout,
    int classes,
    MatrixOutput writes)
    implements RowKernels {
  private static final List<ElementFunction.Kind> ELEMENT_KINDS =
      List.of(ElementFunction.Kind.values());
  private static final List<PairFunction> PAIR_FUNCTIONS = List.of(PairFunction.values());

  private static final int WARP = 32;

  /** Longer rows take a block each. */
  private static final int LONGEST_ROW_OF_A_WARP = 1024;

  private static final int LANES_THREADS = 128;
  private static final int BLOCK_THREADS = 256;

  /** Derives the program of a call of this plan. */
  static ComparisonProgram of(ComparisonPlan plan, RowRequest<?> request) {
    return new ComparisonProgram(
        switch (plan) {
          case ElementPlan _ -> "elements";
          case PairPlan _ -> "pairs";
        },
        switch (plan) {
          case ElementPlan elements -> ELEMENT_KINDS.indexOf(elements.function().kind());
          case PairPlan pair -> PAIR_FUNCTIONS.indexOf(pair.function());
        },
        RowArithmetic.of(request),
        RowLayout.of(request.input()),
        request.input().classes(),
        request.outputKind());
  }

  @Override
  public String module() {
    return family + "_" + arithmetic;
  }

  /** Neighbouring threads take neighbouring elements: of a row, or of rows side by side. */
  @Override
  public int lanes() {
    return layout == RowLayout.ACROSS
        ? 1
        : Math.min(WARP, Integer.highestOneBit(Math.max(1, classes)));
  }

  @Override
  public List<RowLaunch> launches(
      int rows, int multiprocessors, ToIntFunction<String> dynamicShared) {
    if (layout == RowLayout.ALONG && classes > LONGEST_ROW_OF_A_WARP) {
      return List.of(new RowLaunch(family + "_block", rows, 1, BLOCK_THREADS, 0));
    }
    int blocks = Math.ceilDiv(rows, LANES_THREADS / lanes());
    return List.of(new RowLaunch(family + "_lanes", blocks, 1, LANES_THREADS, 0));
  }
}
