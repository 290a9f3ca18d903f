package dev.batchloss.conformance;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.GeneralizedCrossEntropy;
import dev.batchloss.loss.Loss;
import dev.batchloss.loss.NegativeLogLikelihood;
import dev.batchloss.loss.SoftmaxEntropy;
import dev.batchloss.loss.SoftmaxFocal;
import dev.batchloss.loss.SoftmaxKlDivergence;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.Reduction;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** All pairs of options of the losses beside cross-entropy, as trials on small shapes. */
final class LossPairs {
  /** A loss, what its input is, and whether its targets are classes or distributions. */
  private enum Case {
    LIKELIHOOD_OF_CLASSES(InputKind.LOG_PROBABILITIES),
    LIKELIHOOD_OF_DISTRIBUTIONS(InputKind.LOG_PROBABILITIES),
    FOCAL_OF_LOGITS(InputKind.LOGITS),
    FOCAL_OF_LOG_PROBABILITIES(InputKind.LOG_PROBABILITIES),
    FOCAL_OF_PROBABILITIES(InputKind.PROBABILITIES),
    GENERALIZED_OF_LOGITS(InputKind.LOGITS),
    GENERALIZED_OF_LOG_PROBABILITIES(InputKind.LOG_PROBABILITIES),
    GENERALIZED_OF_PROBABILITIES(InputKind.PROBABILITIES),
    DIVERGENCE_OF_LOGITS(InputKind.LOGITS),
    DIVERGENCE_OF_LOG_PROBABILITIES(InputKind.LOG_PROBABILITIES),
    DIVERGENCE_OF_PROBABILITIES(InputKind.PROBABILITIES),
    ENTROPY_OF_LOGITS(InputKind.LOGITS),
    ENTROPY_OF_LOG_PROBABILITIES(InputKind.LOG_PROBABILITIES),
    ENTROPY_OF_PROBABILITIES(InputKind.PROBABILITIES);

    private final InputKind input;

    Case(InputKind input) {
      this.input = input;
    }

    boolean isFocal() {
      return name().startsWith("FOCAL");
    }

    boolean isGeneralized() {
      return name().startsWith("GENERALIZED");
    }

    boolean hasTargets() {
      return !name().startsWith("ENTROPY");
    }

    boolean hasClasses() {
      return isFocal() || isGeneralized() || this == LIKELIHOOD_OF_CLASSES;
    }
  }

  private static final int CASE = 0;
  private static final int TYPE = 1;
  private static final int CLASS_WEIGHTS = 2;
  private static final int SAMPLE_WEIGHTS = 3;
  private static final int IGNORE = 4;
  private static final int GAMMA = 5;
  private static final int REDUCTION = 6;
  private static final int GRADIENT = 7;
  private static final int ARRANGEMENT = 8;
  private static final int SHAPE = 9;

  private static final List<ElementType> TYPES =
      List.of(ElementType.FLOAT32, ElementType.FLOAT64, ElementType.BFLOAT16);
  private static final double[] GAMMAS = {2, 0, 0.5};
  private static final List<Reduction> REDUCTIONS =
      List.of(Reduction.MEAN, Reduction.SUM, Reduction.NONE, Reduction.BATCH_MEAN);
  private static final List<Arrangement> ARRANGEMENTS =
      List.of(Arrangement.CONTIGUOUS, Arrangement.FORTRAN, Arrangement.INNER_5);
  private static final List<Shape> SHAPES =
      List.of(new Shape(15, 10), new Shape(20, 2), new Shape(5, 130));
  private static final int[] LEVELS = {
    Case.values().length,
    TYPES.size(),
    2,
    2,
    2,
    GAMMAS.length,
    REDUCTIONS.size(),
    3,
    ARRANGEMENTS.size(),
    SHAPES.size()
  };

  private final int[] levels;
  private final Case which;
  private final Samples samples;
  private final ElementType type;
  private final Arrangement arrangement;
  private final int rows;
  private final int classes;

  private LossPairs(int[] levels) {
    this.levels = levels;
    this.which = Case.values()[levels[CASE]];
    this.samples = new Samples(Arrays.hashCode(levels));
    this.type = TYPES.get(levels[TYPE]);
    this.arrangement = ARRANGEMENTS.get(levels[ARRANGEMENT]);
    this.rows = arrangement.rows(SHAPES.get(levels[SHAPE]).rows());
    this.classes = SHAPES.get(levels[SHAPE]).classes();
  }

  /** Returns the trials, each with memory of its own. */
  static Stream<LossTrial> trials() {
    return Pairwise.combinations(LEVELS, LossPairs::isPossible).stream()
        .map(combination -> new LossPairs(combination).trial());
  }

  private static boolean isPossible(int[] levels) {
    if (levels[CASE] == Pairwise.OPEN) {
      return true;
    }
    Case which = Case.values()[levels[CASE]];
    boolean takesClassWeights = which.hasClasses() || which == Case.LIKELIHOOD_OF_DISTRIBUTIONS;
    return (takesClassWeights || levels[CLASS_WEIGHTS] <= 0)
        && (which.hasTargets() || levels[SAMPLE_WEIGHTS] <= 0)
        && (which.hasClasses() || levels[IGNORE] <= 0)
        && (which.isFocal() || levels[GAMMA] <= 0);
  }

  private LossTrial trial() {
    Matrix input = input();
    Matrix gradient =
        switch (levels[GRADIENT]) {
          case 0 -> arrangement.allocate(MemoryKind.ARRAY, type, rows, classes);
          case 1 -> input;
          default -> null;
        };
    return new LossTrial(loss(), input, targets(), gradient);
  }

  private Matrix input() {
    Matrix input = arrangement.allocate(MemoryKind.ARRAY, type, rows, classes);
    if (which.input == InputKind.LOGITS) {
      samples.fillLogits(input, 4);
      return input;
    }
    samples.fillProbabilities(input);
    for (int r = 0; which.input == InputKind.LOG_PROBABILITIES && r < rows; r++) {
      for (int c = 0; c < classes; c++) {
        input.set(r, c, Math.log(input.get(r, c)));
      }
    }
    return input;
  }

  private Loss loss() {
    Reduction reduction = REDUCTIONS.get(levels[REDUCTION]);
    if (!which.hasTargets()) {
      return SoftmaxEntropy.builder().input(which.input).reduction(reduction).build();
    }
    if (which.isFocal()) {
      SoftmaxFocal.Builder focal =
          SoftmaxFocal.builder()
              .input(which.input)
              .gamma(GAMMAS[levels[GAMMA]])
              .alpha(0.75)
              .reduction(reduction);
      if (levels[CLASS_WEIGHTS] == 1) {
        focal.classWeights(samples.uniform(classes, 0.25, 2));
      }
      return levels[IGNORE] == 1 ? focal.ignoreIndex(-100).build() : focal.build();
    }
    if (which.isGeneralized()) {
      GeneralizedCrossEntropy.Builder generalized =
          GeneralizedCrossEntropy.builder().input(which.input).q(0.3).reduction(reduction);
      if (levels[CLASS_WEIGHTS] == 1) {
        generalized.classWeights(samples.uniform(classes, 0.25, 2));
      }
      return levels[IGNORE] == 1 ? generalized.ignoreIndex(-100).build() : generalized.build();
    }
    if (which.name().startsWith("DIVERGENCE")) {
      return SoftmaxKlDivergence.builder().input(which.input).reduction(reduction).build();
    }
    NegativeLogLikelihood.Builder likelihood = NegativeLogLikelihood.builder().reduction(reduction);
    if (levels[CLASS_WEIGHTS] == 1) {
      likelihood.classWeights(samples.uniform(classes, 0.25, 2));
    }
    return levels[IGNORE] == 1 ? likelihood.ignoreIndex(-100).build() : likelihood.build();
  }

  private @Nullable Targets targets() {
    if (!which.hasTargets()) {
      return null;
    }
    Targets targets = which.hasClasses() ? classTargets() : distributions();
    return levels[SAMPLE_WEIGHTS] == 1
        ? targets.withSampleWeights(samples.uniform(rows, 0.1, 3))
        : targets;
  }

  private Targets classTargets() {
    int[] indices = samples.classes(rows, classes);
    if (levels[IGNORE] == 1) {
      samples.sprinkle(indices, -100);
    }
    return Targets.classes(indices);
  }

  private Targets distributions() {
    Matrix q = arrangement.allocate(MemoryKind.ARRAY, ElementType.FLOAT32, rows, classes);
    samples.fillSparseTargets(q);
    return Targets.probabilities(q);
  }
}
