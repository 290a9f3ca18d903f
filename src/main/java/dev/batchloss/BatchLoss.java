package dev.batchloss;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.MatrixShape;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.Loss;
import dev.batchloss.plan.ExactSum;
import dev.batchloss.plan.Plan;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.RowFold;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.TargetKind;
import dev.batchloss.spi.Backend;
import dev.batchloss.spi.BackendOptions;
import dev.batchloss.spi.DeviceCall;
import dev.batchloss.spi.DeviceLoss;
import dev.batchloss.spi.DeviceMatrix;
import dev.batchloss.spi.Lifetime;
import dev.batchloss.spi.RowOutcome;
import dev.batchloss.spi.RowRequest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The engine: opens the best backend of this machine, or the one asked for, and evaluates losses on
 * it. Calls block until their result is complete and may be made from many threads at once; close
 * it when done.
 *
 * <p>When the device of its backend fails during a call over a {@link Matrix}, the rows that it has
 * not finished are done by the next backend that can run, in the order of preference, even if the
 * first was asked for by name; so are all later calls. {@link LossResult#backends} and {@link
 * #passedOver} tell.
 */
public final class BatchLoss implements AutoCloseable {
  private final ActiveBackend active;
  private final Lifetime lifetime = new Lifetime("this BatchLoss");

  BatchLoss(BackendChoice.Opened opened) {
    this.active = new ActiveBackend(opened);
  }

  /**
   * Opens the backend that the system property {@code batchloss.backend} or the environment
   * variable {@code BATCHLOSS_BACKEND} names, else the best that can run here.
   *
   * @throws dev.batchloss.data.BackendUnavailableException if the one named cannot run
   */
  public static BatchLoss open() {
    return builder().open();
  }

  /**
   * Opens the backend of this name ({@code cpu}, {@code scalar}), or the first that can run of this
   * family; {@code auto} takes the best one.
   *
   * @throws dev.batchloss.data.BackendUnavailableException if it cannot run; nothing else is taken
   *     in its place
   */
  public static BatchLoss open(String backend) {
    return builder().backend(backend).open();
  }

  /** Starts with nothing chosen. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns every backend the library knows, in the order of preference, and the chosen one. */
  public static List<BackendStatus> backends() {
    return BackendChoice.of(null).all();
  }

  /**
   * Allocates {@code rows × classes} numbers on the backend's device; what they are is unspecified.
   * The caller closes it, before this engine.
   *
   * @throws IllegalArgumentException if a length is negative
   * @throws dev.batchloss.data.DeviceException if the device has not enough memory
   * @throws UnsupportedOperationException if the backend computes in the host's memory
   * @throws IllegalStateException if the engine is closed
   */
  public DeviceMatrix allocate(ElementType type, long rows, int classes) {
    return allocate(type, rows, classes, 1);
  }

  /** Likewise {@code outer × classes × inner} numbers; see {@link Matrix} for the axes. */
  public DeviceMatrix allocate(ElementType type, long outer, int classes, long inner) {
    Objects.requireNonNull(type, "type");
    return lifetime.during(
        () -> {
          try (ActiveBackend.Lease lease = active.lease()) {
            return lease.backend().allocate(type, outer, classes, inner);
          }
        });
  }

  /**
   * Copies a matrix to the backend's device; blocks until it is there. The caller closes the copy,
   * before this engine.
   *
   * @param matrix any element type and strides; only read
   * @throws dev.batchloss.data.DeviceException if the device fails or has not enough memory
   * @throws UnsupportedOperationException if the backend computes in the host's memory
   * @throws IllegalStateException if the engine is closed
   */
  public DeviceMatrix toDevice(Matrix matrix) {
    DeviceMatrix copy = allocate(matrix.type(), matrix.outer(), matrix.classes(), matrix.inner());
    try {
      copy.copyFrom(matrix);
    } catch (Throwable e) {
      copy.close();
      throw e;
    }
    return copy;
  }

  /** Evaluates the loss and nothing else; see the other method. */
  public LossResult evaluate(Loss loss, Matrix input, Targets targets) {
    return evaluate(loss, input, targets, Outputs.lossOnly());
  }

  /**
   * Evaluates a loss that takes no targets, such as the entropy of the predictions; see the other
   * method.
   *
   * @throws IllegalArgumentException also if the loss needs targets
   */
  public LossResult evaluate(Loss loss, Matrix input, Outputs outputs) {
    return onHost(loss, input, null, outputs);
  }

  /** Evaluates a loss that takes no targets over a matrix on the device; see the other method. */
  public LossResult evaluate(Loss loss, DeviceMatrix input, Outputs outputs) {
    return onDevice(loss, input, null, outputs);
  }

  /** Evaluates the loss and nothing else; see the other method. */
  public LossResult evaluate(Loss loss, DeviceMatrix input, Targets targets) {
    return evaluate(loss, input, targets, Outputs.lossOnly());
  }

  /**
   * Evaluates a loss over every row of {@code input}, in one pass over its memory, two when a
   * matrix is asked for. The caller's memory is only read, but for what {@code outputs} says.
   *
   * @param loss what to compute
   * @param input rows × classes
   * @param targets one a row, as the loss takes them; probabilities and values have the input's
   *     shape
   * @param outputs what else is wanted, and where it goes
   * @throws IllegalArgumentException if shapes or options do not fit each other
   * @throws dev.batchloss.data.InvalidTargetException if a class target is out of range; nothing
   *     has been written then
   * @throws dev.batchloss.data.InvalidDataException if a weight is not finite or a probability is
   *     bad; in the latter case what was to be written is unspecified, unless it was the input
   *     itself
   * @throws dev.batchloss.data.DeviceException if the device's memory does not suffice for a row,
   *     or it failed and there is no other backend; what was to be written is unspecified then
   * @throws IllegalStateException if the engine is closed
   */
  public LossResult evaluate(Loss loss, Matrix input, Targets targets, Outputs outputs) {
    return onHost(loss, input, Objects.requireNonNull(targets, "targets"), outputs);
  }

  private LossResult onHost(Loss loss, Matrix input, @Nullable Targets targets, Outputs outputs) {
    return lifetime.during(
        () -> evaluate(loss, input, targets, outputs, Matrix.class, active.backend(), active::run));
  }

  /**
   * Evaluates a loss over a matrix on the device, where it stays: only what is known of the rows
   * comes back. A matrix that {@code outputs} asks for is written on the device too; targets,
   * weights, upstream and what is returned for each row are in the host's memory.
   *
   * @param loss what to compute
   * @param input rows × classes, allocated by this engine
   * @param targets one a row, as the loss takes them; probabilities and values have the input's
   *     shape
   * @param outputs what else is wanted, and where it goes
   * @throws IllegalArgumentException if shapes or options do not fit each other, or a matrix on a
   *     device was allocated by another engine, or by this one before its device failed
   * @throws dev.batchloss.data.InvalidTargetException if a class target is out of range; nothing
   *     has been written then
   * @throws dev.batchloss.data.InvalidDataException if a weight is not finite or a probability is
   *     bad; in the latter case what was to be written is unspecified, unless it was the input
   *     itself
   * @throws dev.batchloss.data.DeviceException if the device fails; what was to be written is
   *     unspecified then
   * @throws IllegalStateException if the engine or a matrix is closed
   */
  public LossResult evaluate(Loss loss, DeviceMatrix input, Targets targets, Outputs outputs) {
    return onDevice(loss, input, Objects.requireNonNull(targets, "targets"), outputs);
  }

  private LossResult onDevice(
      Loss loss, DeviceMatrix input, @Nullable Targets targets, Outputs outputs) {
    return lifetime.during(
        () -> {
          try (ActiveBackend.Lease lease = active.lease()) {
            Backend backend = lease.backend();
            return evaluate(
                loss,
                input,
                targets,
                outputs,
                DeviceMatrix.class,
                backend,
                request -> lease.finished(backend.runOnDevice(request), List.of()));
          }
        });
  }

  /**
   * Enqueues a loss over class targets, and its gradient if wanted, behind what is on a stream of
   * the caller's, and returns at once: nothing is waited for but in {@link DeviceLoss#loss}, and no
   * stream but the call's is touched. Only the first calls of a size allocate memory and compile
   * kernels, for which a driver may make the device wait. On {@code cuda} backends; of several
   * devices on the first.
   *
   * <p>Class targets and sample weights are checked on the device, before anything is written. The
   * sum of the row losses is exact and rounded once: its bits depend on no order.
   *
   * @param loss what to compute: over logits or log-probabilities, reduced to one number
   * @param call where everything is; that memory is the caller's, who keeps it until the stream has
   *     come past the call
   * @return the loss, which the caller closes
   * @throws IllegalArgumentException if the loss is not one of those, or its class weights are not
   *     as many as the classes
   * @throws dev.batchloss.data.DeviceException if the device fails, has not enough memory, or does
   *     not know the stream
   * @throws UnsupportedOperationException if the backend takes no pointers of a device
   * @throws IllegalStateException if the engine is closed
   */
  public DeviceLoss launch(Loss loss, DeviceCall call) {
    Objects.requireNonNull(loss, "loss");
    Objects.requireNonNull(call, "call");
    if (!(loss.plan() instanceof RowPlan plan)) {
      throw new IllegalArgumentException(
          "the loss is %s, must be one over class targets".formatted(loss.name()));
    }
    CallChecks.check(plan, call);
    return lifetime.during(
        () -> {
          try (ActiveBackend.Lease lease = active.lease()) {
            return lease.backend().launch(plan, loss.emptyMean(), call);
          }
        });
  }

  private <M extends MatrixShape> LossResult evaluate(
      Loss loss,
      M input,
      @Nullable Targets targets,
      Outputs outputs,
      Class<M> place,
      Backend backend,
      Function<RowRequest<M>, ActiveBackend.Finished> run) {
    Objects.requireNonNull(loss, "loss");
    Objects.requireNonNull(input, "input");
    Objects.requireNonNull(outputs, "outputs");
    Plan plan = loss.plan();
    CallChecks.checkPlaces(backend, input, outputs);
    CallChecks.check(plan, input, targets, outputs);
    M output = place.cast(outputs.matrixFor(input));
    boolean keepsRowLosses =
        outputs.returnsRowLosses() || plan.reduction().kind() == Reduction.Kind.NONE;
    double[] rowLosses = keepsRowLosses ? column("row losses", input.rows()) : null;
    double[] logSumExp = outputs.returnsLogSumExp() ? column("log-sum-exp", input.rows()) : null;
    List<Matrix> lossColumns = columns(rowLosses, outputs.rowLosses());
    List<Matrix> logSumExpColumns = columns(logSumExp, outputs.logSumExp());
    List<SummaryFold> folds = Collections.synchronizedList(new ArrayList<>());
    Supplier<RowFold> newFold =
        () -> {
          SummaryFold fold =
              new SummaryFold(
                  TargetKind.of(targets),
                  outputs.metrics(),
                  input.classes(),
                  lossColumns,
                  logSumExpColumns);
          folds.add(fold);
          return fold;
        };
    ActiveBackend.Finished finished =
        run.apply(
            new RowRequest<>(
                plan,
                input,
                targets,
                outputs.statistics(),
                outputs.matrixKind(),
                output,
                outputs.upstream() == null ? 1 : outputs.upstream(),
                outputs.rowUpstream(),
                newFold));
    if (folds.isEmpty()) {
      RowFold _ = newFold.get();
    }
    return new LossResult(
        summary(loss, input, finished.outcome(), folds),
        finished.backends(),
        finished.passedOver(),
        rowLosses,
        logSumExp,
        output,
        finished.outcome().kernelSeconds());
  }

  /** Returns the backend in use: another than was opened, once its device has failed. */
  public BackendStatus backend() {
    return active.status();
  }

  /**
   * Returns the backends that would have been preferred, each with the reason it is not used, and
   * those that failed.
   */
  public List<BackendStatus> passedOver() {
    return active.passedOver();
  }

  /** Waits for running calls, then frees the backend. Closing twice does nothing. */
  @Override
  public void close() {
    lifetime.end(active::close);
  }

  private static LossSummary summary(
      Loss loss, MatrixShape input, RowOutcome outcome, List<SummaryFold> folds) {
    ExactSum lossSum = new ExactSum();
    MetricSums metricSums = null;
    for (SummaryFold fold : folds) {
      lossSum.add(fold.lossSum());
      if (metricSums == null) {
        metricSums = fold.metricSums();
      } else {
        metricSums.add(Objects.requireNonNull(fold.metricSums()));
      }
    }
    return new LossSummary(
        loss, input.classes(), input.outer(), outcome.scan(), lossSum, metricSums);
  }

  private static List<Matrix> columns(double @Nullable [] array, @Nullable Matrix matrix) {
    List<Matrix> columns = new ArrayList<>();
    if (array != null) {
      columns.add(Matrix.of(array, array.length, 1));
    }
    if (matrix != null) {
      columns.add(matrix);
    }
    return List.copyOf(columns);
  }

  private static double[] column(String what, long rows) {
    if (rows > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "%d %s do not fit an array; use the method that writes them into a matrix"
              .formatted(rows, what));
    }
    return new double[(int) rows];
  }

  /** Chooses the backend and its threads. */
  public static final class Builder {
    private @Nullable String backend;
    private int threads;

    private Builder() {}

    /** The name or family of the backend, or {@code auto}. */
    public Builder backend(String name) {
      this.backend = name;
      return this;
    }

    /** How many threads compute, the calling one included; 0 for as many as the machine has. */
    public Builder threads(int count) {
      this.threads = count;
      return this;
    }

    /**
     * Opens the backend.
     *
     * @throws dev.batchloss.data.BackendUnavailableException if it cannot run
     */
    public BatchLoss open() {
      return new BatchLoss(BackendChoice.of(backend).open(new BackendOptions(threads)));
    }
  }
}
