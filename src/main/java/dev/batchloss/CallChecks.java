package dev.batchloss;

import dev.batchloss.data.Matrix;
import dev.batchloss.data.ProbabilityTargets;
import dev.batchloss.data.Targets;
import dev.batchloss.plan.ClassWeights;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.RowPlan;
import org.jspecify.annotations.Nullable;

/** Whether the parts of one call fit each other, before anything is read or written. */
final class CallChecks {
  private CallChecks() {}

  static void check(RowPlan plan, Matrix input, Targets targets, Outputs outputs) {
    require(input.classes() > 0, "the input has no classes: it is %s", input);
    require(
        targets.rows() == input.rows(),
        "there are %d targets for the %d rows of the input (%s)",
        targets.rows(),
        input.rows(),
        input);
    ClassWeights weights = plan.objective().classWeights();
    require(
        weights == null || weights.classes() == input.classes(),
        "there are %s class weights for %d classes",
        weights == null ? 0 : weights.classes(),
        input.classes());
    if (targets instanceof ProbabilityTargets probabilities) {
      requireShape("the probability targets", probabilities.probabilities(), input);
      require(
          plan.ignoredClass() == null,
          "ignoreIndex %s means nothing with probability targets",
          plan.ignoredClass());
    }
    checkMatrix(input, targets, outputs);
    checkRowVector("row losses", outputs.rowLosses(), input);
    checkRowVector("log-sum-exp", outputs.logSumExp(), input);
    require(
        (outputs.logSumExp() == null && !outputs.returnsLogSumExp())
            || plan.input().kind() == InputKind.LOGITS,
        "log-sum-exp is of logits, the input is %s",
        plan.input().kind());
    checkUpstream(plan, input, outputs);
  }

  private static void checkMatrix(Matrix input, Targets targets, Outputs outputs) {
    Matrix matrix = outputs.matrixFor(input);
    if (matrix == null) {
      return;
    }
    String what = "the " + outputs.matrixKind();
    requireShape(what, matrix, input);
    requireWritable(what, matrix);
    require(
        matrix.isSameView(input) || !matrix.overlaps(input),
        "%s overlaps the input without being the same view of it",
        what);
    requireApart(what, matrix, "the sample weights", targets.sampleWeights());
    if (targets instanceof ProbabilityTargets probabilities) {
      requireApart(what, matrix, "the probability targets", probabilities.probabilities());
    }
  }

  private static void checkRowVector(String what, @Nullable Matrix vector, Matrix input) {
    if (vector == null) {
      return;
    }
    require(
        vector.rows() == input.rows() && vector.classes() == 1,
        "the %s go into %s, must be one column of %d rows",
        what,
        vector,
        input.rows());
    requireWritable("the " + what, vector);
    requireApart("the " + what, vector, "the input", input);
  }

  private static void checkUpstream(RowPlan plan, Matrix input, Outputs outputs) {
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

  private static void requireShape(String what, Matrix matrix, Matrix input) {
    require(
        matrix.outer() == input.outer()
            && matrix.classes() == input.classes()
            && matrix.inner() == input.inner(),
        "%s have the shape of %s, the input is %s",
        what,
        matrix,
        input);
  }

  private static void requireWritable(String what, Matrix matrix) {
    require(!matrix.segment().isReadOnly(), "%s cannot be written: read-only memory", what);
    require(
        matrix.hasDistinctElements(), "%s cannot be written: elements of %s overlap", what, matrix);
  }

  private static void requireApart(
      String what, Matrix matrix, String otherWhat, @Nullable Matrix other) {
    require(other == null || !matrix.overlaps(other), "%s overlaps %s", what, otherWhat);
  }

  private static void require(boolean holds, String message, @Nullable Object... parts) {
    if (!holds) {
      throw new IllegalArgumentException(message.formatted(parts));
    }
  }
}
