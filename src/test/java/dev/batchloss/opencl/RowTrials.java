package dev.batchloss.opencl;

import static dev.batchloss.data.ElementType.BFLOAT16;
import static dev.batchloss.data.ElementType.FLOAT16;
import static dev.batchloss.data.ElementType.FLOAT32;
import static dev.batchloss.data.ElementType.FLOAT64;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.BinaryCrossEntropy;
import dev.batchloss.loss.CategoricalHinge;
import dev.batchloss.loss.CosineSimilarity;
import dev.batchloss.loss.Huber;
import dev.batchloss.loss.JensenShannon;
import dev.batchloss.loss.LogitsKlDivergence;
import dev.batchloss.loss.Loss;
import dev.batchloss.loss.MeanSquaredError;
import dev.batchloss.plan.ClassWeights;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.InputTransform;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Normalization;
import dev.batchloss.plan.Plan;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.RowObjective;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.RowPlan.TargetCheck;
import dev.batchloss.plan.RowStatistic;
import dev.batchloss.plan.ZeroTimesInfinity;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes trials of one shape and layout that together ask for everything the kernels can do, of row
 * plans and of those that compare two matrices. The numbers are the same in every process.
 */
final class RowTrials {
  static final double UNUSED = Double.POSITIVE_INFINITY;
  static final Set<RowStatistic> EVERYTHING = Set.of(RowStatistic.values());
  static final double SMOOTHING = 0.1;
  private static final long IGNORED = -100;

  private final String shape;
  private final long outer;
  private final int classes;
  private final long inner;
  private final SplittableRandom random = new SplittableRandom(1);

  private RowTrials(long outer, int classes, long inner) {
    this.shape = outer + "×" + classes + (inner == 1 ? "" : "×" + inner);
    this.outer = outer;
    this.classes = classes;
    this.inner = inner;
  }

  /** Trials on rows of contiguous classes. */
  static RowTrials ofRows(long rows, int classes) {
    return new RowTrials(rows, classes, 1);
  }

  /** Trials on rows that lie side by side. */
  static RowTrials of(long outer, int classes, long inner) {
    return new RowTrials(outer, classes, inner);
  }

  /** Returns a trial of each kind. */
  List<RowTrial> all() {
    return List.of(
        plainLoss(FLOAT32),
        everyTermOfClassTargets(),
        everyTermOfDistributions(),
        cappedAndSoft(),
        gradientInPlace(),
        logProbabilitiesAsTheyAre(),
        logProbabilitiesWithEntropies(),
        checkedProbabilities(),
        normalizedBeforeClipping(),
        normalizedAfterClipping(),
        logSoftmax(),
        softmax());
  }

  /** Returns trials of the plans that compare two matrices. */
  List<RowTrial> comparisons() {
    return List.of(
        weightedElements(),
        elementLosses(),
        checkedElementsInPlace(),
        elementsAlone(),
        pairs(LogitsKlDivergence.builder().temperature(2).build(), FLOAT16, FLOAT32),
        pairs(JensenShannon.builder().build(), FLOAT64, FLOAT32),
        pairs(CosineSimilarity.builder().build(), BFLOAT16, BFLOAT16),
        pairs(CategoricalHinge.builder().build(), FLOAT32, FLOAT32).inPlaceOfTheInput());
  }

  RowTrial weightedElements() {
    return trial(
            "weighted elements",
            BinaryCrossEntropy.builder()
                .labelSmoothing(SMOOTHING)
                .positiveWeights(uniform(classes, 0.5, 2))
                .build()
                .plan(),
            logits(FLOAT32),
            Targets.values(matrix(FLOAT16, random::nextDouble))
                .withElementWeights(matrix(BFLOAT16, random::nextDouble))
                .withSampleWeights(uniform(rows(), 0.5, 2)))
        .asking(EVERYTHING)
        .writing(MatrixOutput.GRADIENT, FLOAT32)
        .withUpstream(Matrix.of(uniform(rows(), 0.5, 2), rows(), 1));
  }

  private RowTrial elementLosses() {
    double[] weights = uniform(classes, 0.5, 2);
    Matrix one = Matrix.of(weights, 1, classes);
    return trial(
            "losses of elements",
            Huber.builder().build().plan(),
            logits(FLOAT16),
            Targets.values(logits(FLOAT32))
                .withElementWeights(
                    Matrix.strided(one.segment(), one.type(), outer, classes, inner, 0, 1, 0)))
        .writing(MatrixOutput.ELEMENT_LOSS, FLOAT64);
  }

  private RowTrial checkedElementsInPlace() {
    return trial(
            "checked elements in place",
            BinaryCrossEntropy.builder().input(InputKind.PROBABILITIES).build().plan(),
            matrix(BFLOAT16, () -> 0.05 + 0.9 * random.nextDouble()),
            Targets.values(matrix(BFLOAT16, random::nextDouble)))
        .writing(MatrixOutput.GRADIENT, BFLOAT16)
        .inPlaceOfTheInput();
  }

  private RowTrial elementsAlone() {
    return trial(
        "elements without an output",
        MeanSquaredError.builder().build().plan(),
        logits(FLOAT64),
        Targets.values(logits(FLOAT64)));
  }

  /** The squared errors of equal FLOAT32 elements, the targets being 0. */
  RowTrial equalElements(float element) {
    return trial(
        "equal elements",
        MeanSquaredError.builder().build().plan(),
        matrix(FLOAT32, () -> element),
        Targets.values(matrix(FLOAT32, () -> 0)));
  }

  RowTrial pairs(Loss loss, ElementType inputs, ElementType values) {
    return trial(loss.toString(), loss.plan(), logits(inputs), Targets.values(logits(values)))
        .writing(MatrixOutput.GRADIENT, inputs);
  }

  RowTrial plainLoss(ElementType type) {
    return trial(
        "plain loss",
        plan(InputTransform.logits(1, UNUSED), plain(), null),
        logits(type),
        Targets.classes(indices()));
  }

  /** The loss and lse of FLOAT32 logits. */
  RowTrial smoothedLoss() {
    return trial(
            "smoothed loss",
            plan(
                InputTransform.logits(1, UNUSED),
                RowObjective.crossEntropy(SMOOTHING, null, 0),
                null),
            logits(FLOAT32),
            Targets.classes(indices()))
        .asking(Set.of(RowStatistic.LOG_SUM_EXP));
  }

  RowTrial everyTermOfClassTargets() {
    int[] indices = indices();
    for (int row = 0; row < indices.length; row += 3) {
      indices[row] = (int) IGNORED;
    }
    return trial(
            "every term, class targets",
            plan(
                InputTransform.logits(1.25, UNUSED),
                new RowObjective(1, SMOOTHING, weights(), 2, 0.01, 0.1, 0),
                IGNORED),
            logits(FLOAT32),
            Targets.classes(indices).withSampleWeights(uniform(rows(), 0.5, 2)))
        .asking(EVERYTHING)
        .writing(MatrixOutput.GRADIENT, FLOAT32)
        .withUpstream(Matrix.of(uniform(rows(), 0.5, 2), rows(), 1));
  }

  RowTrial everyTermOfDistributions() {
    return trial(
            "every term, distributions",
            plan(
                InputTransform.logits(1, UNUSED),
                new RowObjective(1, SMOOTHING, weights(), 0, 0.01, 0.1, 1),
                null),
            logits(FLOAT64),
            Targets.probabilities(distributions(FLOAT64)))
        .asking(EVERYTHING)
        .writing(MatrixOutput.GRADIENT, FLOAT64);
  }

  RowTrial cappedAndSoft() {
    return trial(
            "softcap",
            new RowPlan(
                InputTransform.logits(1.5, 4),
                plain(),
                Reduction.SUM,
                null,
                TargetCheck.UNIT_INTERVAL,
                ZeroTimesInfinity.NAN),
            logits(FLOAT16),
            Targets.probabilities(distributions(FLOAT32)))
        .asking(EVERYTHING)
        .writing(MatrixOutput.GRADIENT, BFLOAT16);
  }

  RowTrial gradientInPlace() {
    long[] indices = new long[rows()];
    for (int row = 0; row < indices.length; row++) {
      indices[row] = row % 4 == 3 ? IGNORED : random.nextInt(classes);
    }
    RowTrial trial =
        trial(
            "gradient in place",
            plan(InputTransform.logits(1, UNUSED), plain(), IGNORED),
            logits(BFLOAT16),
            Targets.classes(indices));
    return trial.writing(MatrixOutput.GRADIENT, BFLOAT16).inPlaceOfTheInput();
  }

  RowTrial logProbabilitiesAsTheyAre() {
    return trial(
        "log-probabilities, rows not read",
        plan(InputTransform.logProbabilities(), plain(), null),
        matrix(FLOAT32, () -> -8 * random.nextDouble()),
        Targets.classes(indices()));
  }

  RowTrial logProbabilitiesWithEntropies() {
    return trial(
            "log-probabilities with entropies",
            plan(
                InputTransform.logProbabilities(),
                new RowObjective(1, SMOOTHING, null, 0, 0, 0.2, 0.5),
                null),
            matrix(FLOAT32, () -> -8 * random.nextDouble()),
            Targets.probabilities(distributions(FLOAT16)))
        .asking(EVERYTHING)
        .writing(MatrixOutput.GRADIENT, FLOAT16);
  }

  RowTrial checkedProbabilities() {
    return trial(
            "checked probabilities",
            plan(InputTransform.probabilities(Normalization.NONE, 0, UNUSED, 0.05), plain(), null),
            distributions(FLOAT32),
            Targets.classes(indices()))
        .writing(MatrixOutput.SOFTMAX, FLOAT32);
  }

  RowTrial normalizedBeforeClipping() {
    return trial(
            "normalized before clipping",
            plan(
                InputTransform.probabilities(
                    Normalization.BEFORE_CLIP, 0.3 / classes, 1.5 / classes, UNUSED),
                new RowObjective(1, SMOOTHING, weights(), 0, 0, 0.1, 0),
                null),
            matrix(FLOAT32, () -> 0.01 + random.nextDouble()),
            Targets.probabilities(distributions(BFLOAT16)))
        .asking(EVERYTHING)
        .writing(MatrixOutput.GRADIENT, FLOAT32);
  }

  RowTrial normalizedAfterClipping() {
    return trial(
            "normalized after clipping",
            plan(
                InputTransform.probabilities(
                    Normalization.AFTER_CLIP, 0.3 / classes, 1.5 / classes, UNUSED),
                plain(),
                null),
            matrix(FLOAT64, () -> 2 * random.nextDouble() / classes),
            Targets.classes(indices()))
        .writing(MatrixOutput.GRADIENT, FLOAT32);
  }

  RowTrial logSoftmax() {
    int[] indices = indices();
    indices[0] = (int) IGNORED;
    return trial(
            "log-softmax",
            plan(InputTransform.logits(0.5, UNUSED), plain(), IGNORED),
            logits(FLOAT32),
            Targets.classes(indices))
        .writing(MatrixOutput.LOG_SOFTMAX, FLOAT16);
  }

  /** Without targets: nothing but the entropy. */
  RowTrial softmax() {
    return trial(
            "softmax without targets",
            plan(InputTransform.logits(1, UNUSED), new RowObjective(0, 0, null, 0, 0, 1, 0), null),
            logits(FLOAT32),
            null)
        .asking(Set.of(RowStatistic.LOG_SUM_EXP, RowStatistic.MAXIMUM))
        .writing(MatrixOutput.SOFTMAX, FLOAT64);
  }

  private static RowPlan plan(
      InputTransform transform, RowObjective objective, @Nullable Long ignored) {
    return new RowPlan(transform, objective, Reduction.SUM, ignored, TargetCheck.UNIT_INTERVAL);
  }

  private static RowObjective plain() {
    return RowObjective.crossEntropy(0, null, 0);
  }

  private RowTrial trial(String name, Plan plan, Matrix input, @Nullable Targets targets) {
    return new RowTrial(
        "%s of %s %s".formatted(name, shape, input.type()),
        plan,
        input,
        targets,
        Set.of(),
        MatrixOutput.NONE,
        FLOAT32,
        false,
        null);
  }

  private int rows() {
    return Math.toIntExact(outer * inner);
  }

  private int[] indices() {
    return random.ints(rows(), 0, classes).toArray();
  }

  private double[] uniform(int count, double from, double to) {
    return random.doubles(count, from, to).toArray();
  }

  private ClassWeights weights() {
    return ClassWeights.of(uniform(classes, 0.5, 2));
  }

  private Matrix logits(ElementType type) {
    return matrix(type, () -> 10 * random.nextDouble() - 5);
  }

  private Matrix matrix(ElementType type, DoubleSupplier element) {
    long bytes = (long) rows() * classes * type.bytes();
    MemorySegment memory = Arena.ofAuto().allocate(bytes, 64);
    Matrix matrix = Matrix.of(memory, type, outer, classes, inner);
    for (long row = 0; row < rows(); row++) {
      for (int c = 0; c < classes; c++) {
        matrix.set(row, c, element.getAsDouble());
      }
    }
    return matrix;
  }

  /** Rows that sum to 1 within the rounding of the type; some elements are 0. */
  private Matrix distributions(ElementType type) {
    Matrix matrix = matrix(type, () -> Math.max(0, random.nextDouble() - 0.25));
    for (long row = 0; row < rows(); row++) {
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        sum += matrix.get(row, c);
      }
      for (int c = 0; c < classes; c++) {
        matrix.set(row, c, matrix.get(row, c) / sum);
      }
    }
    return matrix;
  }
}
