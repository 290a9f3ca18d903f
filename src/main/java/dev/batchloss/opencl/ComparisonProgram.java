package dev.batchloss.opencl;

import dev.batchloss.data.ElementType;
import dev.batchloss.device.RowCall;
import dev.batchloss.device.RowLayout;
import dev.batchloss.plan.ComparisonPlan;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.PairPlan;
import dev.batchloss.spi.RowRequest;
import java.util.List;

/**
 * What the kernels that compare two matrices are compiled for. Both kernel families share them. The
 * order of additions follows from the plan's kind, the layout, the class count and the arithmetic.
 *
 * @param source the kernels of elements, or of pairs
 * @param function what is compared
 * @param items how many work-items share a row: 1 or {@link #GROUP}
 * @param arithmetic FLOAT32 or FLOAT64: what they compute in, and what the columns are
 * @param hasDoubles whether the device has doubles
 */
record ComparisonProgram(
    String source, Enum<?> function, int items, ElementType arithmetic, boolean hasDoubles)
    implements CallProgram {
  /** The kernels of element plans. */
  static final String ELEMENTS = "elements";

  /** The kernels of pair plans. */
  static final String PAIRS = "pairs";

  /** The items of a work-group; the kernels have the same number. */
  static final int GROUP = 64;

  /** Classes of a segment, where a group does not take a whole row; the kernels have the same. */
  static final int SEGMENT = 4096;

  /** Rows at most this long have an item each. */
  static final int SHORT_ROW = 64;

  /**
   * Derives the program.
   *
   * @throws dev.batchloss.data.BackendUnavailableException if the call needs doubles and the device
   *     has none
   */
  static ComparisonProgram of(
      ComparisonPlan plan, RowRequest<?> request, RowLayout layout, DeviceDescription device) {
    boolean isShort = layout == RowLayout.ACROSS || request.input().classes() <= SHORT_ROW;
    int items = isShort ? 1 : GROUP;
    ElementType arithmetic = DeviceArithmetic.of(request, device);
    return switch (plan) {
      case ElementPlan elements ->
          new ComparisonProgram(
              ELEMENTS, elements.function().kind(), items, arithmetic, device.fp64());
      case PairPlan pair ->
          new ComparisonProgram(PAIRS, pair.function(), items, arithmetic, device.fp64());
    };
  }

  @Override
  public List<String> sources() {
    return List.of("types", "comparison", source);
  }

  @Override
  public String options() {
    CompilerOptions all = new CompilerOptions();
    all.value("LANES", 1);
    all.value("ITEMS", items);
    all.flag("HAS_DOUBLES", hasDoubles);
    all.flag("REAL_IS_DOUBLE", arithmetic == ElementType.FLOAT64);
    all.value("FUNCTION", function.name());
    return all.toString();
  }

  @Override
  public ChunkKernels kernels(Program compiled, RowCall call) {
    return new ComparisonKernels(this, compiled, call);
  }
}
