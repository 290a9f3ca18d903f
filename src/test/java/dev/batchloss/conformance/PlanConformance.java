package dev.batchloss.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.plan.ClassWeights;
import dev.batchloss.plan.InputTransform;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Normalization;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.RowObjective;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.TargetKind;
import dev.batchloss.spi.Backend;
import dev.batchloss.spi.RowRequest;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The terms of a row plan that cross-entropy has no option for; run on the backend itself. */
interface PlanConformance extends ConformanceTests {
  List<Shape> PLAN_SHAPES = List.of(new Shape(19, 3), new Shape(17, 24), new Shape(3, 70));
  double UNUSED = Double.POSITIVE_INFINITY;

  @TestFactory
  default Stream<DynamicTest> everyTermOfARowPlan() {
    List<InputTransform> transforms =
        List.of(
            InputTransform.logits(1, UNUSED),
            InputTransform.logits(1.5, 4),
            InputTransform.logProbabilities(),
            InputTransform.probabilities(Normalization.NONE, 0, UNUSED, UNUSED),
            InputTransform.probabilities(Normalization.NONE, 0.06, 0.4, UNUSED),
            InputTransform.probabilities(Normalization.BEFORE_CLIP, 1e-7, 1 - 1e-7, UNUSED),
            InputTransform.probabilities(Normalization.BEFORE_CLIP, 0.02, 0.3, UNUSED),
            InputTransform.probabilities(Normalization.AFTER_CLIP, 1e-15, 1 - 1e-15, UNUSED),
            InputTransform.probabilities(Normalization.AFTER_CLIP, 0.06, 0.4, UNUSED));
    return transforms.stream()
        .flatMap(
            transform ->
                Stream.of(TargetKind.NONE, TargetKind.CLASSES, TargetKind.PROBABILITIES)
                    .map(
                        targets ->
                            DynamicTest.dynamicTest(
                                transform + ", targets " + targets,
                                () -> runObjectives(transform, targets))));
  }

  private void runObjectives(InputTransform transform, TargetKind targets) {
    try (Backend plans = backend().openPlans()) {
      for (ElementType type : List.of(ElementType.FLOAT64, ElementType.FLOAT32)) {
        for (Shape shape : PLAN_SHAPES) {
          for (RowObjective objective : objectives(targets, shape.classes())) {
            RowPlan plan =
                new RowPlan(transform, objective, Reduction.SUM, null, RowPlan.TargetCheck.NONE);
            new PlanRun(plans, plan, targets, type, shape).check();
          }
        }
      }
    }
  }

  /** 0/0 leaves nothing of the row; its neighbours are not touched. */
  @Test
  default void aRowThatSumsToZeroHasNoDistribution() {
    RowPlan plan =
        new RowPlan(
            InputTransform.probabilities(Normalization.BEFORE_CLIP, 1e-7, 1 - 1e-7, UNUSED),
            RowObjective.crossEntropy(0, null, 0),
            Reduction.SUM,
            null,
            RowPlan.TargetCheck.NONE);
    try (Backend plans = backend().openPlans()) {
      for (int classes : new int[] {2, 3, 70}) {
        PlanRun run =
            new PlanRun(
                plans, plan, TargetKind.CLASSES, ElementType.FLOAT64, new Shape(3, classes));
        for (int c = 0; c < classes; c++) {
          run.input.set(1, c, 0);
        }
        Matrix gradient = Samples.logits(1, ElementType.FLOAT64, 3, classes);
        double[] losses = run.run(MatrixOutput.GRADIENT, gradient);
        assertThat(losses[1]).isNaN();
        assertThat(Oracle.row(gradient, 1)).containsOnly(Double.NaN);
        for (int r : new int[] {0, 2}) {
          assertThat(losses[r]).isFinite();
          assertThat(Oracle.row(gradient, r)).doesNotContain(Double.NaN);
        }
      }
    }
  }

  private static List<RowObjective> objectives(TargetKind targets, int classes) {
    ClassWeights weights = ClassWeights.of(new Samples(7).uniform(classes, 0.5, 2));
    return switch (targets) {
      case NONE -> List.of(new RowObjective(0, 0, null, 0, 0, 1, 0));
      case CLASSES ->
          List.of(
              new RowObjective(1, 0, weights, 2, 0, 0, 0),
              new RowObjective(0.75, 0.1, weights, 0.5, 0, -0.1, 0),
              new RowObjective(1, 1, null, 0, 0, 0.3, 0),
              new RowObjective(0.5, 0.1, weights, 0, 0, 0.2, 0, 0.7));
      case PROBABILITIES ->
          List.of(
              new RowObjective(1, 0, null, 0, 0, 0, 1),
              new RowObjective(0.5, 0.2, weights, 0, 0, 0.3, 2),
              new RowObjective(0, 0, weights, 0, 0, 0, 1));
      case VALUES -> List.of();
    };
  }

  /** One call and its comparison. */
  final class PlanRun {
    private final Backend plans;
    private final RowPlan plan;
    private final ElementType type;
    private final int rows;
    private final int classes;
    private final Matrix input;
    private final int[] indices;
    private final Matrix distributions;
    private final @Nullable Targets targets;

    PlanRun(Backend plans, RowPlan plan, TargetKind kind, ElementType type, Shape shape) {
      this.plans = plans;
      this.plan = plan;
      this.type = type;
      this.rows = shape.rows();
      this.classes = shape.classes();
      Samples samples = new Samples(classes);
      this.input = Samples.logits(classes, type, rows, classes);
      switch (plan.input().kind()) {
        case LOGITS -> samples.fillLogits(input, 3);
        case LOG_PROBABILITIES -> samples.fill(input, _ -> -3 * samples.uniform(1, 0.1, 1)[0]);
        case PROBABILITIES -> samples.fill(input, _ -> samples.uniform(1, 0.01, 0.5)[0]);
      }
      this.indices = samples.classes(rows, classes);
      this.distributions = Samples.logits(1, ElementType.FLOAT32, rows, classes);
      samples.fillSparseTargets(distributions);
      this.targets =
          switch (kind) {
            case NONE -> null;
            case CLASSES -> Targets.classes(indices);
            case PROBABILITIES -> Targets.probabilities(distributions);
            case VALUES -> throw new IllegalArgumentException("rows have no target values");
          };
    }

    void check() {
      Matrix gradient = Samples.logits(1, ElementType.FLOAT64, rows, classes);
      Matrix softmax = Samples.logits(1, ElementType.FLOAT64, rows, classes);
      double[] losses = run(MatrixOutput.GRADIENT, gradient);
      assertThat(run(MatrixOutput.SOFTMAX, softmax)).isEqualTo(losses);
      double precision = type == ElementType.FLOAT64 ? 1e-9 : 1e-5;
      for (int r = 0; r < rows; r++) {
        PlanFormula formula = formula(r);
        double[] x = Oracle.row(input, r);
        double want = formula.loss(x);
        assertThat(losses[r])
            .as("%s: loss of row %d", this, r)
            .isCloseTo(want, within(precision * (1 + Math.abs(want))));
        if (!formula.isAtTheEdgeOfClipping(x)) {
          checkSlopes(Oracle.row(gradient, r), formula.gradient(x), 100 * precision, r);
        }
        double[] probabilities = formula.probabilities(x);
        for (int c = 0; c < classes; c++) {
          assertThat(softmax.get(r, c))
              .as("%s: softmax of row %d, class %d", this, r, c)
              .isCloseTo(probabilities[c], within(precision));
        }
      }
    }

    private void checkSlopes(double[] got, double[] want, double precision, int r) {
      for (int c = 0; c < classes; c++) {
        assertThat(got[c])
            .as("%s: gradient of row %d, class %d", this, r, c)
            .isCloseTo(want[c], within(precision * (1 + Math.abs(want[c]))));
      }
    }

    private PlanFormula formula(int r) {
      return switch (TargetKind.of(targets)) {
        case NONE -> new PlanFormula(plan, -1, new double[0]);
        case CLASSES -> new PlanFormula(plan, indices[r], new double[0]);
        case PROBABILITIES -> new PlanFormula(plan, -1, Oracle.row(distributions, r));
        case VALUES -> throw new IllegalArgumentException("rows have no target values");
      };
    }

    private double[] run(MatrixOutput kind, Matrix output) {
      double[] losses = new double[rows];
      RowRequest<Matrix> request =
          new RowRequest<>(
              plan,
              input,
              targets,
              Set.of(),
              kind,
              output,
              1,
              null,
              () ->
                  batch ->
                      System.arraycopy(
                          batch.loss, 0, losses, Math.toIntExact(batch.firstRow), batch.size));
      assertThat(plans.run(request).scan().rows()).isEqualTo(rows);
      return losses;
    }

    @Override
    public String toString() {
      RowObjective objective = plan.objective();
      return "%s %d×%d, %s, ε %s, focusing %s, generalization %s, entropies %s and %s%s"
          .formatted(
              type,
              rows,
              classes,
              plan.input(),
              objective.labelSmoothing(),
              objective.focusing(),
              objective.generalization(),
              objective.entropy(),
              objective.targetEntropy(),
              objective.classWeights() == null ? "" : ", class weights");
    }
  }
}
