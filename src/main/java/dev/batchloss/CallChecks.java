package dev.batchloss;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.MatrixShape;
import dev.batchloss.data.ProbabilityTargets;
import dev.batchloss.data.Targets;
import dev.batchloss.data.ValueTargets;
import dev.batchloss.plan.ClassWeights;
import dev.batchloss.plan.ComparisonPlan;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Plan;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.RowObjective;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.TargetKind;
import dev.batchloss.spi.Backend;
import dev.batchloss.spi.DeviceCall;
import dev.batchloss.spi.DeviceMatrix;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Whether the parts of one call fit each other, before anything is read or written. */
final class CallChecks {
  /** Never started: stands for every thread but the caller's. */
  private static final Thread ANOTHER_THREAD = new Thread(() -> {});

  private CallChecks() {}

  static void check(Plan plan, MatrixShape input, @Nullable Targets targets, Outputs outputs) {
    require(input.classes() > 0, "the input has no classes: it is %s", input);
    require(
        targets == null || targets.rows() == input.rows(),
        "there are %d targets for the %d rows of the input (%s)",
        targets == null ? 0 : targets.rows(),
        input.rows(),
        input);
    checkTargetKind(plan, targets);
    switch (plan) {
      case RowPlan rowPlan -> checkRows(rowPlan, input, targets, outputs);
      case ComparisonPlan comparison -> checkComparison(comparison, input, targets, outputs);
    }
    checkMatrix(input, outputs);
    checkRowVector("the row losses", outputs.rowLosses(), input);
    checkRowVector("the log-sum-exp", outputs.logSumExp(), input);
    checkOverlaps(input, targets, outputs);
    checkUpstream(plan, input, outputs);
    checkThreads(input, targets, outputs);
  }

  private static void checkTargetKind(Plan plan, @Nullable Targets targets) {
    Set<TargetKind> taken = plan.targetKinds();
    String names =
        taken.stream()
            .sorted()
            .map(kind -> kind.name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(" or "));
    require(
        targets != null || taken.contains(TargetKind.NONE),
        "there are no targets, the loss takes %s",
        names);
    require(
        targets == null || taken.contains(TargetKind.of(targets)),
        "the targets are %s, the loss takes %s",
        TargetKind.of(targets).name().toLowerCase(Locale.ROOT),
        names);
  }

  private static void checkRows(
      RowPlan plan, MatrixShape input, @Nullable Targets targets, Outputs outputs) {
    checkClassWeights("class", plan.objective().classWeights(), input);
    for (Metric metric : outputs.metrics()) {
      require(
          targets != null || !metric.needsTargets(),
          "the metric %s needs targets, the loss takes none",
          metric.name());
    }
    if (targets instanceof ProbabilityTargets probabilities) {
      requireShape("the probability targets", probabilities.probabilities(), input);
      require(
          plan.ignoredClass() == null,
          "ignoreIndex %s means nothing with probability targets",
          plan.ignoredClass());
    }
    require(
        (outputs.logSumExp() == null && !outputs.returnsLogSumExp())
            || plan.input().kind() == InputKind.LOGITS,
        "log-sum-exp is of logits, the input is %s",
        plan.input().kind());
    require(
        outputs.matrixKind() != MatrixOutput.ELEMENT_LOSS,
        "the loss is one of rows: there are no losses of elements");
  }

  private static void checkComparison(
      ComparisonPlan plan, MatrixShape input, @Nullable Targets targets, Outputs outputs) {
    ValueTargets values = (ValueTargets) Objects.requireNonNull(targets);
    requireShape("the target values", values.values(), input);
    boolean isOfElements = plan instanceof ElementPlan;
    require(
        isOfElements || values.elementWeights() == null,
        "there are element weights, the loss is one of rows");
    if (plan instanceof ElementPlan elements) {
      checkClassWeights("positive", elements.positiveWeights(), input);
    }
    require(
        outputs.logSumExp() == null && !outputs.returnsLogSumExp(),
        "log-sum-exp is asked for, the loss takes no softmax of the input alone");
    MatrixOutput kind = outputs.matrixKind();
    require(
        kind == MatrixOutput.NONE
            || kind == MatrixOutput.GRADIENT
            || (kind == MatrixOutput.ELEMENT_LOSS && isOfElements),
        "%s is asked for, the loss has none",
        nameOf(kind));
    boolean isBinary =
        plan instanceof ElementPlan elements && elements.function().kind().isBinary();
    for (Metric metric : outputs.metrics()) {
      require(
          isBinary && metric.kind() == Metric.Kind.ACCURACY,
          "the metric %s means nothing for the loss",
          metric);
    }
  }

  /** Whether a device can do a call by itself, without the host. */
  static void check(RowPlan plan, DeviceCall call) {
    RowObjective objective = plan.objective();
    checkClassWeights("class", objective.classWeights(), call.input());
    require(
        plan.reduction().kind() != Reduction.Kind.NONE,
        "the reduction is NONE, must make one number of the rows: rowLosses() of the call takes"
            + " theirs");
    require(
        plan.input().kind() != InputKind.PROBABILITIES,
        "the input is PROBABILITIES, which are checked by the host: must be LOGITS or"
            + " LOG_PROBABILITIES");
    require(
        objective.crossEntropy() != 0
            && objective.hasPlainTargetTerm()
            && objective.entropy() == 0
            && objective.targetEntropy() == 0,
        "the loss has terms that are computed by the host: must be cross-entropy, with class"
            + " weights, label smoothing and zLoss at most");
  }

  private static void checkClassWeights(
      String what, @Nullable ClassWeights weights, MatrixShape input) {
    require(
        weights == null || weights.classes() == input.classes(),
        "there are %s %s weights for %d classes",
        weights == null ? 0 : weights.classes(),
        what,
        input.classes());
  }

  /**
   * Refuses a matrix on a device that {@code backend} cannot use, and input and output that are not
   * in one memory.
   */
  static void checkPlaces(Backend backend, MatrixShape input, Outputs outputs) {
    checkOwner(backend, "the input", input);
    MatrixShape matrix = outputs.matrixFor(input);
    if (matrix != null) {
      String what = nameOf(outputs.matrixKind());
      checkOwner(backend, what, matrix);
      require(
          matrix instanceof DeviceMatrix == input instanceof DeviceMatrix,
          "%s is %s, the input is %s: both must be there",
          what,
          placeOf(matrix),
          placeOf(input));
    }
  }

  private static void checkOwner(Backend backend, String what, MatrixShape matrix) {
    require(
        !(matrix instanceof DeviceMatrix device) || backend.owns(device),
        "%s (%s) was allocated by another engine than this one, which runs on %s, or before a"
            + " device failed",
        what,
        matrix,
        backend.name());
  }

  private static String placeOf(MatrixShape matrix) {
    return matrix instanceof DeviceMatrix device
        ? "on " + device.backend()
        : "in the host's memory";
  }

  private static void checkMatrix(MatrixShape input, Outputs outputs) {
    MatrixShape matrix = outputs.matrixFor(input);
    if (matrix == null) {
      return;
    }
    String what = nameOf(outputs.matrixKind());
    requireShape(what, matrix, input);
    if (matrix instanceof Matrix output) {
      output.requireWritable(what);
      require(
          output.isSameView(input) || !(input instanceof Matrix host) || !output.overlaps(host),
          "%s and the input overlap without being the same view",
          what);
    }
  }

  private static void checkRowVector(String what, @Nullable Matrix vector, MatrixShape input) {
    if (vector == null) {
      return;
    }
    require(
        vector.rows() == input.rows() && vector.classes() == 1,
        "the matrix for %s is %s, must be one column of %d rows",
        what,
        vector,
        input.rows());
    vector.requireWritable(what);
    requireApart(what, vector, "the input", onHost(input));
  }

  /** What is written must share no memory with what is read besides the input, or written. */
  private static void checkOverlaps(MatrixShape input, @Nullable Targets targets, Outputs outputs) {
    Map<String, Matrix> written = new LinkedHashMap<>();
    Matrix matrix = onHost(outputs.matrixFor(input));
    if (matrix != null) {
      written.put(nameOf(outputs.matrixKind()), matrix);
    }
    if (outputs.rowLosses() != null) {
      written.put("the row losses", outputs.rowLosses());
    }
    if (outputs.logSumExp() != null) {
      written.put("the log-sum-exp", outputs.logSumExp());
    }
    List<String> earlier = new ArrayList<>();
    written.forEach(
        (what, output) -> {
          requireApart(what, output, "the sample weights", sampleWeights(targets));
          requireApart(what, output, "upstream", outputs.rowUpstream());
          switch (targets) {
            case ClassTargets classes ->
                require(!output.overlaps(classes.indices()), "%s and the targets overlap", what);
            case ProbabilityTargets probabilities ->
                requireApart(what, output, "the targets", probabilities.probabilities());
            case ValueTargets values -> {
              requireApart(what, output, "the targets", values.values());
              requireApart(what, output, "the element weights", values.elementWeights());
            }
            case null -> {}
          }
          earlier.forEach(other -> requireApart(what, output, other, written.get(other)));
          earlier.add(what);
        });
  }

  /** Workers touch all of it: memory of a confined arena would fail them half-way. */
  private static void checkThreads(MatrixShape input, @Nullable Targets targets, Outputs outputs) {
    requireShared("the input", onHost(input));
    requireShared(nameOf(outputs.matrixKind()), onHost(outputs.matrixFor(input)));
    requireShared("the row losses", outputs.rowLosses());
    requireShared("the log-sum-exp", outputs.logSumExp());
    requireShared("upstream", outputs.rowUpstream());
    requireShared("the sample weights", sampleWeights(targets));
    switch (targets) {
      case ClassTargets classes -> requireShared("the targets", classes.indices());
      case ProbabilityTargets probabilities ->
          requireShared("the targets", probabilities.probabilities());
      case ValueTargets values -> {
        requireShared("the targets", values.values());
        requireShared("the element weights", values.elementWeights());
      }
      case null -> {}
    }
  }

  private static @Nullable Matrix sampleWeights(@Nullable Targets targets) {
    return targets == null ? null : targets.sampleWeights();
  }

  private static void checkUpstream(Plan plan, MatrixShape input, Outputs outputs) {
    boolean given = outputs.upstream() != null || outputs.rowUpstream() != null;
    require(
        !given || outputs.matrixKind() == MatrixOutput.GRADIENT,
        "upstream multiplies a gradient, none is asked for (%s)",
        outputs.matrixKind());
    boolean unreduced = plan.reduction().kind() == Reduction.Kind.NONE;
    require(
        outputs.upstream() == null || !unreduced,
        "the reduction is NONE: upstream must be a vector, one a row, not %s",
        outputs.upstream());
    Matrix vector = outputs.rowUpstream();
    require(
        vector == null || unreduced,
        "the reduction is %s: upstream must be one number, not a vector",
        plan.reduction());
    require(
        vector == null || (vector.rows() == input.rows() && vector.classes() == 1),
        "upstream is %s, must be one column of %d rows",
        vector,
        input.rows());
  }

  private static String nameOf(MatrixOutput kind) {
    return "the " + kind.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static void requireShared(String what, @Nullable Matrix matrix) {
    if (matrix != null) {
      requireShared(what, matrix.segment());
    }
  }

  private static void requireShared(String what, MemorySegment segment) {
    require(
        segment.isAccessibleBy(ANOTHER_THREAD),
        "the memory of %s belongs to one thread; allocate it in Arena.ofShared() or ofAuto()",
        what.replaceFirst("^the ", ""));
  }

  private static void requireShape(String what, MatrixShape matrix, MatrixShape input) {
    require(
        matrix.hasShapeOf(input), "the shape of %s is %s, the input's is %s", what, matrix, input);
  }

  /** What the host can overlap with: nothing on a device. */
  private static @Nullable Matrix onHost(@Nullable MatrixShape matrix) {
    return matrix instanceof Matrix host ? host : null;
  }

  private static void requireApart(
      String what, Matrix matrix, String otherWhat, @Nullable Matrix other) {
    require(other == null || !matrix.overlaps(other), "%s and %s overlap", what, otherWhat);
  }

  private static void require(boolean holds, String message, @Nullable Object... parts) {
    if (!holds) {
      throw new IllegalArgumentException(message.formatted(parts));
    }
  }
}
