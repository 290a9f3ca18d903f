package dev.batchloss.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.ProbabilityTargets;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.ExactSum;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.RowFold;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.RowStatistics;
import dev.batchloss.plan.TargetKind;
import dev.batchloss.plan.TargetScan;
import dev.batchloss.spi.Backend;
import dev.batchloss.spi.RowRequest;
import dev.batchloss.spi.RowsDone;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Calls of which another backend has done the first rows: the rest has the bits of the whole. */
interface UnfinishedCallConformance extends ConformanceTests {
  List<Shape> UNFINISHED_SHAPES =
      List.of(new Shape(67, 5), new Shape(33, 130), new Shape(4, 70001));

  @TestFactory
  default Stream<DynamicTest> theRestOfACall() {
    return UNFINISHED_SHAPES.stream()
        .flatMap(
            shape ->
                Arrays.stream(Arrangement.values())
                    .filter(arrangement -> shape.classes() < 70000 || arrangement.rows(4) == 4)
                    .map(
                        arrangement ->
                            DynamicTest.dynamicTest(
                                shape + " " + arrangement, () -> runRests(shape, arrangement))));
  }

  private void runRests(Shape shape, Arrangement arrangement) {
    int rows = arrangement.rows(shape.rows());
    backend().afford((long) rows * shape.classes());
    ElementType type = shape.classes() < 100 ? ElementType.FLOAT64 : ElementType.FLOAT32;
    try (Backend plans = backend().openPlans()) {
      for (InputKind kind : List.of(InputKind.LOGITS, InputKind.PROBABILITIES)) {
        for (boolean isSoft : new boolean[] {false, true}) {
          UnfinishedCall call =
              new UnfinishedCall(plans, arrangement, type, rows, shape.classes(), kind, isSoft);
          call.check(MatrixOutput.GRADIENT, true);
          call.check(MatrixOutput.GRADIENT, false);
          call.check(MatrixOutput.SOFTMAX, false);
          call.check(MatrixOutput.NONE, false);
        }
      }
    }
  }

  /** One call, done at once and from a row on. */
  final class UnfinishedCall {
    private final Backend plans;
    private final Arrangement arrangement;
    private final ElementType type;
    private final int rows;
    private final int classes;
    private final RowPlan plan;
    private final Matrix input;
    private final Targets targets;

    UnfinishedCall(
        Backend plans,
        Arrangement arrangement,
        ElementType type,
        int rows,
        int classes,
        InputKind kind,
        boolean isSoft) {
      this.plans = plans;
      this.arrangement = arrangement;
      this.type = type;
      this.rows = rows;
      this.classes = classes;
      CrossEntropy.Builder loss = CrossEntropy.builder().input(kind);
      Samples samples = new Samples(rows + classes);
      this.input = allocate();
      if (kind == InputKind.LOGITS) {
        samples.fillLogits(input, 4);
      } else {
        samples.fillProbabilities(input);
      }
      double[] weights = samples.uniform(rows, 0.5, 2);
      if (isSoft) {
        Matrix distributions = allocate();
        samples.fillProbabilities(distributions);
        this.targets = new ProbabilityTargets(distributions, Matrix.of(weights, rows, 1));
      } else {
        int[] indices = samples.classes(rows, classes);
        samples.sprinkle(indices, -1);
        loss.ignoreIndex(-1);
        this.targets = Targets.classes(indices).withSampleWeights(weights);
      }
      this.plan = loss.build().plan();
    }

    private Matrix allocate() {
      return arrangement.allocate(MemoryKind.ARRAY, type, rows, classes);
    }

    private Matrix copyOfInput() {
      Matrix copy = allocate();
      for (int row = 0; row < rows; row++) {
        for (int c = 0; c < classes; c++) {
          copy.set(row, c, input.get(row, c));
        }
      }
      return copy;
    }

    void check(MatrixOutput kind, boolean isInPlace) {
      Matrix wholeInput = copyOfInput();
      Matrix whole = kind == MatrixOutput.NONE ? null : isInPlace ? wholeInput : allocate();
      Folded wantLosses = new Folded(rows);
      TargetScan scan = run(wholeInput, whole, kind, wantLosses, 2, null);
      for (int cut : new int[] {1, rows / 2, rows - 1, rows}) {
        checkRest(cut, kind, isInPlace, whole, wantLosses, scan);
      }
    }

    /**
     * The whole takes half its weight sum as the denominator, the rest is told of the half: so it
     * cannot have summed the weights itself.
     */
    private void checkRest(
        int cut,
        MatrixOutput kind,
        boolean isInPlace,
        @Nullable Matrix whole,
        Folded wantLosses,
        TargetScan scan) {
      ExactSum half = new ExactSum();
      half.add(scan.weightSum().value() / 2);
      Matrix restInput = copyOfInput();
      Matrix rest = kind == MatrixOutput.NONE ? null : isInPlace ? restInput : allocate();
      // What is done is neither read nor checked nor written.
      fill(restInput, cut);
      if (rest != null) {
        fill(rest, cut);
      }
      Folded gotLosses = new Folded(rows);
      TargetScan halfScan = new TargetScan(scan.rows(), scan.counted(), half);
      TargetScan got = run(restInput, rest, kind, gotLosses, 1, new RowsDone(cut, halfScan));

      assertThat(got).isSameAs(halfScan);
      for (int row = 0; row < rows; row++) {
        String which =
            "%s, targets %s: %s%s from row %d on, row %d"
                .formatted(
                    plan.input().kind(),
                    TargetKind.of(targets),
                    kind,
                    isInPlace ? " in place" : "",
                    cut,
                    row);
        assertThat(gotLosses.times.get(row)).as(which).isEqualTo(row < cut ? 0 : 1);
        if (row >= cut) {
          assertThat(gotLosses.losses[row]).as(which).isEqualTo(wantLosses.losses[row]);
        }
        for (int c = 0; whole != null && rest != null && c < classes; c++) {
          double want = row < cut ? 77 : whole.get(row, c);
          if (rest.get(row, c) != want) {
            assertThat(rest.get(row, c)).as("%s, class %d", which, c).isEqualTo(want);
          }
        }
      }
    }

    private void fill(Matrix matrix, int cut) {
      for (int row = 0; row < cut; row++) {
        for (int c = 0; c < classes; c++) {
          matrix.set(row, c, 77);
        }
      }
    }

    private TargetScan run(
        Matrix from,
        @Nullable Matrix to,
        MatrixOutput kind,
        Folded losses,
        double upstream,
        @Nullable RowsDone done) {
      return plans
          .run(
              new RowRequest<Matrix>(
                      plan, from, targets, Set.of(), kind, to, upstream, null, () -> losses)
                  .after(done))
          .scan();
    }
  }

  /** The row losses, and how often each row came. */
  final class Folded implements RowFold {
    private final double[] losses;
    private final AtomicIntegerArray times;

    Folded(int rows) {
      this.losses = new double[rows];
      this.times = new AtomicIntegerArray(rows);
    }

    @Override
    public void fold(RowStatistics batch) {
      for (int i = 0; i < batch.size; i++) {
        int row = Math.toIntExact(batch.firstRow + i);
        losses[row] = batch.loss[i];
        times.incrementAndGet(row);
      }
    }
  }
}
