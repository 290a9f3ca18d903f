package dev.batchloss.cuda;

import dev.batchloss.cuda.RowParameters.Place;
import dev.batchloss.cuda.RowParameters.Rows;
import dev.batchloss.data.ElementType;
import dev.batchloss.device.PaddedWeights;
import dev.batchloss.device.RowArithmetic;
import dev.batchloss.device.RowColumns;
import dev.batchloss.device.RowLayout;
import dev.batchloss.device.RowNumbers;
import dev.batchloss.plan.ClassWeights;
import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.RowEpilogue;
import dev.batchloss.plan.RowNeeds;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.TargetKind;
import dev.batchloss.spi.DeviceCall;
import dev.batchloss.spi.DeviceView;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A loss over memory of the caller's: what its kernels are told, and how much memory they need
 * beside that. Immutable.
 */
final class LossLaunch {
  private final RowPlan plan;
  private final EmptyMean emptyMean;
  private final DeviceCall call;
  private final RowEpilogue epilogue;
  private final Rows rows;
  private final RowProgram program;

  /** Prepares a call of class targets. */
  LossLaunch(RowPlan plan, EmptyMean emptyMean, DeviceCall call) {
    DeviceView input = call.input();
    ElementType arithmetic = RowArithmetic.of(plan.input(), input.type());
    RowNeeds needs = RowNeeds.of(plan, TargetKind.CLASSES, Set.of(), output(call));
    RowColumns columns = RowColumns.of(plan, TargetKind.CLASSES, needs);
    this.plan = plan;
    this.emptyMean = emptyMean;
    this.call = call;
    this.epilogue = new RowEpilogue(plan, TargetKind.CLASSES, needs, input.classes(), 1, null);
    // The gradient's scale is found on the device.
    this.rows =
        new Rows(
            call.rows(),
            input.inner(),
            input.classes(),
            columns,
            arithmetic,
            RowNumbers.of(plan, TargetKind.CLASSES, needs, input.classes(), 1));
    this.program =
        RowProgram.of(
            plan,
            arithmetic,
            columns,
            input,
            layout(call),
            output(call),
            call.gradient() == null ? null : call.gradient().type());
  }

  RowPlan plan() {
    return plan;
  }

  EmptyMean emptyMean() {
    return emptyMean;
  }

  DeviceCall call() {
    return call;
  }

  /** Returns φ, of which only the constants are used. */
  RowEpilogue epilogue() {
    return epilogue;
  }

  /** Returns what row kernels are told of the rows. */
  Rows rows() {
    return rows;
  }

  /** Returns which row kernels run. */
  RowProgram program() {
    return program;
  }

  /** Returns the bits of {@link RowFlag}, but for how rows are kept. */
  int flags() {
    return RowFlag.of(plan.input(), output(call));
  }

  /** Returns what makes the units of the shift those of z. */
  double shiftUnit() {
    boolean isOrderedUnscaled =
        plan.input().kind() == InputKind.LOGITS && !plan.input().hasSoftcap();
    return isOrderedUnscaled ? plan.input().logitScale() : 1;
  }

  Place input() {
    return place(call.input());
  }

  Place gradient() {
    return call.gradient() == null ? Place.NONE : place(call.gradient());
  }

  /** Returns the class weights, or null. */
  @Nullable ClassWeights weights() {
    return plan.objective().classWeights();
  }

  /** Returns how many bytes the class weights take in a type; 0 if there are none. */
  long weightBytes(ElementType type) {
    ClassWeights weights = weights();
    return weights == null ? 0 : PaddedWeights.bytes(weights, type);
  }

  long rowTargetBytes() {
    return call.rows() * Integer.BYTES;
  }

  long columnBytes() {
    return rows.columns().bytes(call.rows(), rows.arithmetic());
  }

  /** Returns how many bytes the factors of the rows' gradients take; 0 if there is one for all. */
  long factorBytes() {
    boolean hasFactors = call.sampleWeights() != 0 && call.gradient() != null;
    return hasFactors ? call.rows() * rows.arithmetic().bytes() : 0;
  }

  /** Returns how many bytes the segments of split rows take; 0 if none is split. */
  long segmentBytes(int multiprocessors) {
    return isSplit(multiprocessors)
        ? call.rows() * program.segments() * RowParameters.BYTES_OF_TOTALS
        : 0;
  }

  /** Returns how many bytes the scalars of split rows take, likewise. */
  long scalarBytes(int multiprocessors) {
    return isSplit(multiprocessors) ? call.rows() * RowParameters.BYTES_OF_SCALARS : 0;
  }

  @Override
  public String toString() {
    return "the loss of %d rows of %d classes".formatted(call.rows(), rows.classes());
  }

  private boolean isSplit(int multiprocessors) {
    return call.rows() > 0 && program.isSplit((int) call.rows(), multiprocessors);
  }

  private static MatrixOutput output(DeviceCall call) {
    return call.gradient() == null ? MatrixOutput.NONE : MatrixOutput.GRADIENT;
  }

  /** Kernels that go along rows need their classes to follow each other, wherever they are. */
  private static RowLayout layout(DeviceCall call) {
    DeviceView gradient = call.gradient();
    boolean isAlong =
        call.input().classStride() == 1 && (gradient == null || gradient.classStride() == 1);
    return isAlong ? RowLayout.ALONG : RowLayout.ACROSS;
  }

  private static Place place(DeviceView view) {
    return new Place(
        view.address(), view.type(), view.outerStride(), view.classStride(), view.innerStride());
  }
}
