package dev.batchloss.opencl;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.ProbabilityTargets;
import dev.batchloss.device.RowCall;
import dev.batchloss.device.RowColumn;
import dev.batchloss.device.RowColumns;
import dev.batchloss.device.RowLayout;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.InputTransform;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Normalization;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.ZeroTimesInfinity;
import dev.batchloss.spi.RowRequest;
import java.util.List;

/**
 * What the kernels of row plans are compiled for.
 *
 * @param variant the shape in which the kernels run
 * @param arithmetic FLOAT32 or FLOAT64: what they compute in, and what the columns are
 * @param columns what they return
 * @param options the compiler's
 */
record RowProgram(RowVariant variant, ElementType arithmetic, RowColumns columns, String options)
    implements CallProgram {

  /**
   * Derives the program.
   *
   * @throws dev.batchloss.data.BackendUnavailableException if the call needs doubles and the device
   *     has none
   */
  static RowProgram of(
      RowRequest<?> request, RowLayout layout, DeviceDescription device, KernelFamily family) {
    RowColumns columns = RowColumns.of(request);
    ElementType arithmetic = DeviceArithmetic.of(request, device);
    boolean isProbabilities = request.rowPlan().input().kind() == InputKind.PROBABILITIES;
    RowVariant variant =
        RowVariant.choose(
            family,
            device,
            new RowVariant.Call(
                layout,
                request.input().rows(),
                request.input().classes(),
                arithmetic,
                !isProbabilities && columns.readRows(),
                !isProbabilities && request.outputKind() != MatrixOutput.NONE));
    return new RowProgram(
        variant,
        arithmetic,
        columns,
        options(request, variant, arithmetic, columns, family, device));
  }

  @Override
  public List<String> sources() {
    boolean isAlong =
        variant.walk() == RowVariant.Walk.ALONG || variant.walk() == RowVariant.Walk.SEGMENTS;
    return isAlong
        ? List.of("types", "statistics", "rows", "along", "along_kernels")
        : List.of("types", "statistics", "rows", "across");
  }

  @Override
  public ChunkKernels kernels(Program compiled, RowCall call) {
    return new RowKernels(variant, compiled, call);
  }

  private static String options(
      RowRequest<?> request,
      RowVariant variant,
      ElementType arithmetic,
      RowColumns columns,
      KernelFamily family,
      DeviceDescription device) {
    CompilerOptions all = new CompilerOptions();
    RowPlan plan = request.rowPlan();
    boolean isDouble = arithmetic == ElementType.FLOAT64;
    boolean isAcross =
        variant.walk() == RowVariant.Walk.ACROSS || variant.walk() == RowVariant.Walk.TILES;
    all.value("LANES", variant.lanes());
    all.value("BLOCK", variant.block());
    all.value("GROUP", variant.group());
    all.flag("LANES_ARE_ROWS", isAcross);
    all.flag("TILED", variant.walk() == RowVariant.Walk.TILES);
    all.flag("KEEPS_ROW", !isAcross && variant.localBytes() > 0);
    all.flag("HAS_DOUBLES", device.fp64());
    all.flag("REAL_IS_DOUBLE", isDouble);
    // On a GPU a thread of a group adds few blocks: doubles would only be slow.
    boolean addsMuch = isAcross || family == KernelFamily.CPU;
    all.flag("TOTAL_IS_DOUBLE", !isDouble && device.fp64() && addsMuch);
    all.flag("COMPENSATES", !isDouble && !device.fp64() && addsMuch);
    all.value("INPUT", request.input().type());
    all.value("OUTPUT", request.output() == null ? ElementType.FLOAT32 : request.output().type());
    addTargets(all, request);
    addTransform(all, plan.input());
    all.flag("HAS_CLASS_WEIGHTS", plan.objective().classWeights() != null);
    all.flag("READS_ROWS", columns.readRows());
    all.flag("WRITES_OUTPUT", request.outputKind() != MatrixOutput.NONE);
    all.flag("WRITES_" + request.outputKind(), request.outputKind() != MatrixOutput.NONE);
    for (RowColumn column : columns.asList()) {
      all.value("COLUMN_" + column, columns.indexOf(column));
    }
    return all.toString();
  }

  private static void addTargets(CompilerOptions all, RowRequest<?> request) {
    all.flag("HAS_CLASS_TARGETS", request.targets() instanceof ClassTargets);
    ElementType type = ElementType.FLOAT32;
    if (request.targets() instanceof ProbabilityTargets soft) {
      type = soft.probabilities().type();
      all.flag("HAS_PROBABILITY_TARGETS", true);
      all.flag(
          "ZERO_TIMES_INFINITY_IS_NAN",
          request.rowPlan().zeroTimesInfinityOfTargets() == ZeroTimesInfinity.NAN);
    }
    all.value("TARGET", type);
  }

  private static void addTransform(CompilerOptions all, InputTransform transform) {
    all.flag("NORMALIZES", transform.normalizesByLogSumExp());
    all.flag("IS_PROBABILITIES", transform.kind() == InputKind.PROBABILITIES);
    all.flag("HAS_SOFTCAP", transform.hasSoftcap());
    // A softcap has scaled already; a multiplication by 1 costs as much as any.
    all.flag("IS_SCALED", !transform.hasSoftcap() && transform.logitScale() != 1);
    all.flag("NORMALIZES_BEFORE_CLIP", transform.normalization() == Normalization.BEFORE_CLIP);
  }
}
