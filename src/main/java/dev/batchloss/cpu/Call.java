package dev.batchloss.cpu;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.ProbabilityTargets;
import dev.batchloss.plan.ClassWeights;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.InputTransform;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.RowEpilogue;
import dev.batchloss.plan.RowLabels;
import dev.batchloss.plan.RowNeeds;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.RowStatistics;
import dev.batchloss.plan.TargetKind;
import dev.batchloss.plan.TargetScan;
import dev.batchloss.spi.RowRequest;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What all workers of one call share; immutable. */
final class Call implements BatchWork {
  /** Rows are reduced in segments of this many classes, each with a shift of its own. */
  static final int SEGMENT = 1 << 16;

  /** Beyond these a scale is no ordinary float. */
  private static final double LEAST_FLOAT_SCALE = 1e-30;

  private static final double GREATEST_FLOAT_SCALE = 1e30;

  final RowRequest<Matrix> request;
  final RowPlan plan;
  final InputTransform transform;
  final Matrix input;
  final @Nullable Matrix output;
  final MatrixOutput outputKind;
  final TargetKind targetKind;
  final RowNeeds needs;
  final RowEpilogue epilogue;
  final int classes;

  /** Class weights as far as they are added along rows: padded, or null where all are 1. */
  final double @Nullable [] classWeights;

  final float @Nullable [] floatClassWeights;

  private final double @Nullable [] classWeightsBefore;

  /** Whether e^z is in the gradient: of log-probabilities only for the sake of their entropy. */
  final boolean gradientTakesExponentials;

  /** Whether rows that are ignored must be read all the same. */
  final boolean readsIgnoredRows;

  private final RowLabels labels;

  Call(RowRequest<Matrix> request, TargetScan scan) {
    this.request = request;
    this.plan = request.rowPlan();
    this.transform = plan.input();
    this.input = request.input();
    this.output = request.output();
    this.outputKind = request.outputKind();
    this.targetKind = request.targetKind();
    this.needs = request.needs();
    this.classes = input.classes();
    this.epilogue =
        new RowEpilogue(
            plan, targetKind, needs, classes, request.gradientScale(scan), request.rowUpstream());
    ClassWeights weights = plan.objective().classWeights();
    this.classWeights = weights == null ? null : padded(weights);
    this.floatClassWeights = weights == null ? null : toFloats(classWeights);
    this.classWeightsBefore = weights == null ? null : prefixSums(weights);
    this.gradientTakesExponentials =
        transform.normalizesByLogSumExp() || plan.objective().entropy() != 0;
    this.readsIgnoredRows = request.readsIgnoredRows();
    this.labels = new RowLabels(plan, request.targets());
  }

  @Override
  public RowRequest<Matrix> request() {
    return request;
  }

  @Override
  public BatchPass newPass(int batchRows) {
    return CpuBackend.passFor(this, batchRows);
  }

  @Override
  public void label(RowStatistics rows) {
    labels.label(rows);
  }

  @Override
  public void finish(RowStatistics batch) {
    if (transform.normalizesByLogSumExp()) {
      FloatLoops.log(
          VectorLoop.LOG.isCompiled(batch.size), batch.sum, batch.logNormalizer, batch.size);
    } else {
      Arrays.fill(batch.logNormalizer, 0, batch.size, 0);
    }
    epilogue.losses(batch);
    if (outputKind == MatrixOutput.GRADIENT) {
      epilogue.gradients(batch);
    }
  }

  /**
   * The gradient's element at the class target, by itself and in 64-bit arithmetic: p − 1 of a
   * confident and right prediction is nearly 0.
   *
   * @param derivative dz/dx there
   */
  double targetGradient(RowStatistics rows, int i, double derivative) {
    double d = rows.targetShifted[i];
    double p = gradientTakesExponentials ? ScalarMath.exp(d - rows.logNormalizer[i]) : 0;
    double product = p == 0 ? 0 : p * (rows.u[i] + rows.e[i] * d);
    double weight = classWeight(rows.target[i]);
    return derivative * (product - rows.r[i] - rows.k[i] * weight);
  }

  /** Whether 32-bit arithmetic is precise enough for the input and its transform. */
  boolean takesFloat() {
    double scale = transform.logitScale();
    return input.type() != ElementType.FLOAT64
        && transform.kind() == InputKind.LOGITS
        && !transform.hasSoftcap()
        && scale >= LEAST_FLOAT_SCALE
        && scale <= GREATEST_FLOAT_SCALE;
  }

  /** Whether the row's elements have to be read. */
  boolean reads(RowStatistics rows, int i) {
    return !rows.ignored[i] || readsIgnoredRows;
  }

  /** Σ w over the classes from {@code from} (inclusive) to {@code to} (exclusive). */
  double classWeightSum(int from, int to) {
    return classWeightsBefore == null
        ? to - from
        : classWeightsBefore[to] - classWeightsBefore[from];
  }

  double classWeight(int c) {
    return classWeights == null ? 1 : classWeights[c];
  }

  @Nullable Matrix targetProbabilities() {
    return request.targets() instanceof ProbabilityTargets targets ? targets.probabilities() : null;
  }

  boolean checksTargets() {
    return plan.targetCheck() == RowPlan.TargetCheck.UNIT_INTERVAL;
  }

  private static double[] padded(ClassWeights weights) {
    double[] values = new double[weights.classes() + Lanes.FLOATS];
    for (int c = 0; c < weights.classes(); c++) {
      values[c] = weights.at(c);
    }
    return values;
  }

  private static double[] prefixSums(ClassWeights weights) {
    double[] sums = new double[weights.classes() + 1];
    for (int c = 0; c < weights.classes(); c++) {
      sums[c + 1] = sums[c] + weights.at(c);
    }
    return sums;
  }

  private static float[] toFloats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }
}
