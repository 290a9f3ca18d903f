package dev.batchloss.conformance;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Reduction;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** All pairs of options of cross-entropy, as trials on small shapes. */
final class OptionPairs {
  private enum Factor {
    INPUT(InputKind.values().length),
    TYPE(ElementType.values().length),
    TARGETS(4),
    CLASS_WEIGHTS(4),
    SAMPLE_WEIGHTS(3),
    IGNORE(3),
    SMOOTHING(3),
    REDUCTION(5),
    Z_LOSS(2),
    SCALE(3),
    SOFTCAP(3),
    OUTPUT(6),
    UPSTREAM(2),
    ARRANGEMENT(Arrangement.values().length),
    MEMORY(MemoryKind.values().length),
    METRICS(2),
    SHAPE(7);

    private final int levels;

    Factor(int levels) {
      this.levels = levels;
    }

    /** The place of a factor in a combination is its ordinal. */
    @SuppressWarnings("EnumOrdinal")
    int of(int[] combination) {
      return combination[ordinal()];
    }

    boolean isOpenOr(int[] combination, int level) {
      return of(combination) == Pairwise.OPEN || of(combination) == level;
    }
  }

  private static final List<InputKind> INPUTS = List.of(InputKind.values());
  private static final List<ElementType> TYPES = List.of(ElementType.values());
  private static final List<Arrangement> ARRANGEMENTS = List.of(Arrangement.values());
  private static final List<MemoryKind> MEMORIES = List.of(MemoryKind.values());
  private static final int PROBABILITY_TARGETS = 3;
  private static final int GRADIENT = 1;
  private static final int GRADIENT_OF_ANOTHER_TYPE = 2;
  private static final int GRADIENT_IN_PLACE = 3;
  private static final int SOFTMAX = 4;
  private static final int IGNORED_INDEX_OUT_OF_RANGE = -100;

  private static final double[] SMOOTHINGS = {0, 0.1, 1};
  private static final double[] Z_LOSSES = {0, 0.01};
  private static final double[] SCALES = {1, 0.5, 3};
  private static final double[] SOFTCAPS = {Double.POSITIVE_INFINITY, 5, 30};
  private static final List<Reduction> REDUCTIONS =
      List.of(
          Reduction.MEAN,
          Reduction.NONE,
          Reduction.SUM,
          Reduction.BATCH_MEAN,
          Reduction.sumOver(13.5));
  private static final List<Shape> SHAPES =
      List.of(
          new Shape(7, 2),
          new Shape(1, 1),
          new Shape(15, 10),
          new Shape(16, 16),
          new Shape(17, 33),
          new Shape(33, 65),
          new Shape(20, 3));

  private final int[] levels;
  private final Samples samples;
  private final ElementType type;
  private final Arrangement arrangement;
  private final MemoryKind memory;
  private final int rows;
  private final int classes;

  private OptionPairs(int[] levels) {
    this.levels = levels;
    this.samples = new Samples(Arrays.hashCode(levels));
    this.type = TYPES.get(Factor.TYPE.of(levels));
    this.arrangement = ARRANGEMENTS.get(Factor.ARRANGEMENT.of(levels));
    this.memory = MEMORIES.get(Factor.MEMORY.of(levels));
    Shape shape = SHAPES.get(Factor.SHAPE.of(levels));
    this.rows = arrangement.rows(shape.rows());
    this.classes = shape.classes();
  }

  /** Returns the trials, each with memory of its own. */
  static Stream<Trial> trials() {
    int[] levels = Arrays.stream(Factor.values()).mapToInt(factor -> factor.levels).toArray();
    return Pairwise.combinations(levels, OptionPairs::isPossible).stream()
        .map(combination -> new OptionPairs(combination).trial());
  }

  private static boolean isPossible(int[] levels) {
    boolean logits = Factor.INPUT.isOpenOr(levels, INPUTS.indexOf(InputKind.LOGITS));
    boolean plain =
        Factor.Z_LOSS.isOpenOr(levels, 0)
            && Factor.SCALE.isOpenOr(levels, 0)
            && Factor.SOFTCAP.isOpenOr(levels, 0);
    boolean classTargets = Factor.TARGETS.of(levels) != PROBABILITY_TARGETS;
    boolean keepsAll = Factor.IGNORE.isOpenOr(levels, 0);
    int output = Factor.OUTPUT.of(levels);
    boolean gradient =
        output == Pairwise.OPEN || (output >= GRADIENT && output <= GRADIENT_IN_PLACE);
    boolean writable =
        output != GRADIENT_IN_PLACE
            || Factor.MEMORY.of(levels) != MEMORIES.indexOf(MemoryKind.READ_ONLY);
    return (logits || plain)
        && (classTargets || keepsAll)
        && (gradient || Factor.UPSTREAM.isOpenOr(levels, 0))
        && writable;
  }

  private Trial trial() {
    CrossEntropy loss = loss();
    Trial trial = Trial.of(loss, input(loss.input()), targets(loss.ignoredClass()));
    int output = Factor.OUTPUT.of(levels);
    trial =
        switch (output) {
          case 0 -> trial;
          case GRADIENT -> trial.writing(MatrixOutput.GRADIENT, allocate(type));
          case GRADIENT_OF_ANOTHER_TYPE ->
              trial.writing(MatrixOutput.GRADIENT, allocate(another(type)));
          case GRADIENT_IN_PLACE -> trial.gradientInPlace();
          case SOFTMAX -> trial.writing(MatrixOutput.SOFTMAX, allocate(another(type)));
          default -> trial.writing(MatrixOutput.LOG_SOFTMAX, allocate(type));
        };
    if (Factor.UPSTREAM.of(levels) == 1) {
      trial =
          loss.reduction().equals(Reduction.NONE)
              ? trial.withUpstream(samples.uniform(rows, -2, 2))
              : trial.withUpstream(-2.5);
    }
    return trial.withMetrics(Factor.METRICS.of(levels) == 1 ? Trial.ALL_METRICS : Set.of());
  }

  private CrossEntropy loss() {
    CrossEntropy.Builder builder =
        CrossEntropy.builder()
            .input(INPUTS.get(Factor.INPUT.of(levels)))
            .labelSmoothing(SMOOTHINGS[Factor.SMOOTHING.of(levels)])
            .reduction(REDUCTIONS.get(Factor.REDUCTION.of(levels)))
            .zLoss(Z_LOSSES[Factor.Z_LOSS.of(levels)])
            .logitScale(SCALES[Factor.SCALE.of(levels)])
            .softcap(SOFTCAPS[Factor.SOFTCAP.of(levels)]);
    if (Factor.CLASS_WEIGHTS.of(levels) > 0) {
      builder.classWeights(classWeights());
    }
    switch (Factor.IGNORE.of(levels)) {
      case 0 -> {}
      case 1 -> builder.ignoreIndex(0);
      default -> builder.ignoreIndex(IGNORED_INDEX_OUT_OF_RANGE);
    }
    return builder.build();
  }

  private double[] classWeights() {
    double[] weights = samples.uniform(classes, 0.25, 2);
    for (int c = 0; c < classes; c++) {
      switch (Factor.CLASS_WEIGHTS.of(levels)) {
        case 1 -> {}
        case 2 -> weights[c] = c % 3 == 1 ? 0 : weights[c];
        default -> weights[c] = c % 4 == 0 ? -0.5 * weights[c] : weights[c];
      }
    }
    return weights;
  }

  private Matrix input(InputKind kind) {
    Matrix matrix = allocate(type);
    switch (kind) {
      case LOGITS -> samples.fillLogits(matrix, 4);
      case PROBABILITIES -> samples.fillProbabilities(matrix);
      case LOG_PROBABILITIES -> {
        samples.fillProbabilities(matrix);
        for (long r = 0; r < matrix.rows(); r++) {
          for (int c = 0; c < matrix.classes(); c++) {
            matrix.set(r, c, Math.log(matrix.get(r, c)));
          }
        }
      }
    }
    return memory.finish(matrix);
  }

  private Targets targets(@Nullable Long ignored) {
    return switch (Factor.SAMPLE_WEIGHTS.of(levels)) {
      case 0 -> unweighted(ignored);
      case 1 -> unweighted(ignored).withSampleWeights(samples.uniform(rows, 0.1, 3));
      default -> unweighted(ignored).withSampleWeights(stridedWeights());
    };
  }

  private Targets unweighted(@Nullable Long ignored) {
    if (Factor.TARGETS.of(levels) == PROBABILITY_TARGETS) {
      Matrix probabilities = allocate(another(type));
      samples.fillSparseTargets(probabilities);
      return Targets.probabilities(memory.finish(probabilities));
    }
    int[] targets = samples.classes(rows, classes);
    if (ignored != null) {
      samples.sprinkle(targets, Math.toIntExact(ignored));
    }
    return switch (Factor.TARGETS.of(levels)) {
      case 0 -> Targets.classes(targets);
      case 1 -> Samples.longTargets(targets);
      default -> Samples.unalignedTargets(targets);
    };
  }

  /** A column of floats with gaps, a weight of 0 and a negative one among them. */
  private Matrix stridedWeights() {
    Matrix column = Arrangement.GAPS.allocate(MemoryKind.UNALIGNED, ElementType.FLOAT32, rows, 1);
    double[] weights = samples.uniform(rows, 0.5, 2);
    for (int r = 0; r < rows; r++) {
      column.set(r, 0, r % 5 == 3 ? 0 : r % 7 == 4 ? -0.25 : weights[r]);
    }
    return column;
  }

  private Matrix allocate(ElementType elementType) {
    return arrangement.allocate(memory, elementType, rows, classes);
  }

  static ElementType another(ElementType type) {
    return TYPES.get((TYPES.indexOf(type) + 1) % TYPES.size());
  }
}
