package dev.batchloss.evaluate;

import dev.batchloss.BatchLoss;
import dev.batchloss.Metric;
import dev.batchloss.loss.ClassWeightedLoss;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.loss.Loss;
import dev.batchloss.plan.ClassWeights;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.TargetKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The evaluation of a loss over files of any size in constant memory. Inputs are {@code .npy} files
 * or members of {@code .npz} files, named as in {@code predictions.npz:logits}; outputs are {@code
 * .npy} files that appear complete or not at all.
 *
 * <p>The predictions have any number of axes, one of them the classes; rows are in the flattened
 * order of the others. Targets are classes (the shape of the predictions without the class axis, or
 * with 1 for it, or with a 1 at the end; any numeric type, if all values are integers) or
 * probabilities (the shape of the predictions, any numeric type). A loss that compares number by
 * number takes values (the shape of the predictions, any numeric type); predictions with a single
 * axis are then rows of one number. A loss without targets has no file of them. Sample weights have
 * the shape of class targets, element weights that of the predictions.
 *
 * <p>Immutable; may be run any number of times.
 */
public final class FileEvaluation {
  private final Builder options;

  private FileEvaluation(Builder options) {
    this.options = options;
  }

  /** Starts with logits, mean cross-entropy and nothing besides. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Evaluates the files. Class targets and the weights of rows and classes are checked from end to
   * end before anything is computed, everything else as it is used. Blocks until the outputs are in
   * their places.
   *
   * @param engine computes; stays open
   * @throws dev.batchloss.data.InvalidTargetException if a class target is out of range, with its
   *     row among all
   * @throws dev.batchloss.data.InvalidDataException if a file is unsound, shapes do not fit each
   *     other, a weight is not finite or a probability is bad; the message names the file
   * @throws IllegalArgumentException if an option means nothing for these files: a class axis that
   *     the predictions do not have, an ignored class with probability targets, an output that is
   *     an input
   * @throws IOException if a file cannot be read or written, or the thread is interrupted
   */
  public FileEvaluationResult run(BatchLoss engine) throws IOException {
    return new FileEvaluationRun(this, engine).run();
  }

  String input() {
    return Objects.requireNonNull(options.input);
  }

  @Nullable String targets() {
    return options.targets;
  }

  @Nullable TargetKind targetKind() {
    return options.targetKind;
  }

  @Nullable String sampleWeights() {
    return options.sampleWeights;
  }

  @Nullable String elementWeights() {
    return options.elementWeights;
  }

  /** Returns the files with numbers that belong to the loss. */
  List<PerClassFile> perClassFiles() {
    return options.perClassFiles;
  }

  /** Returns the file with one weight a class for target values, or null for ones. */
  @Nullable PerClassFile valueWeights() {
    return options.valueWeights;
  }

  @Nullable Integer classAxis() {
    return options.classAxis;
  }

  boolean readsUint16AsBfloat16() {
    return options.readsUint16AsBfloat16;
  }

  Loss loss() {
    return options.loss;
  }

  Set<Metric> metrics() {
    return options.metrics;
  }

  @Nullable Path rowLosses() {
    return options.rowLosses;
  }

  @Nullable Path gradient() {
    return options.gradient;
  }

  @Nullable Long blockRows() {
    return options.blockRows;
  }

  ProgressListener progress() {
    return options.progress;
  }

  /** Collects the options of a {@link FileEvaluation}. */
  public static final class Builder {
    private @Nullable String input;
    private @Nullable String targets;
    private @Nullable TargetKind targetKind;
    private @Nullable String sampleWeights;
    private @Nullable String elementWeights;
    private @Nullable String classWeights;
    private final List<PerClassFile> perClassFiles;
    private @Nullable PerClassFile valueWeights;
    private @Nullable Integer classAxis;
    private boolean readsUint16AsBfloat16;
    private Loss loss = CrossEntropy.builder().build();
    private Set<Metric> metrics = Set.of();
    private @Nullable Path rowLosses;
    private @Nullable Path gradient;
    private @Nullable Long blockRows;
    private ProgressListener progress = (done, rows) -> {};

    private Builder() {
      this.perClassFiles = new ArrayList<>();
    }

    private Builder(Builder other) {
      this.input = other.input;
      this.targets = other.targets;
      this.targetKind = other.targetKind;
      this.sampleWeights = other.sampleWeights;
      this.elementWeights = other.elementWeights;
      this.classWeights = other.classWeights;
      this.perClassFiles = new ArrayList<>(other.perClassFiles);
      this.classAxis = other.classAxis;
      this.readsUint16AsBfloat16 = other.readsUint16AsBfloat16;
      this.loss = other.loss;
      this.metrics = other.metrics;
      this.rowLosses = other.rowLosses;
      this.gradient = other.gradient;
      this.blockRows = other.blockRows;
      this.progress = other.progress;
    }

    /** The file of the predictions; the loss says whether they are logits or probabilities. */
    public Builder input(String file) {
      this.input = file;
      return this;
    }

    /** The file of the targets; a loss that takes none has none. */
    public Builder targets(String file) {
      this.targets = file;
      return this;
    }

    /** What the targets are; unless said, their shape tells. */
    public Builder targetKind(TargetKind kind) {
      if (kind == TargetKind.NONE) {
        throw new IllegalArgumentException("target kind is NONE, must be CLASSES or PROBABILITIES");
      }
      this.targetKind = kind;
      return this;
    }

    /** A file with one finite weight a row, of any numeric type. */
    public Builder sampleWeights(String file) {
      this.sampleWeights = file;
      return this;
    }

    /**
     * A file with one finite weight an element, of any numeric type, in the shape of the
     * predictions; for a loss that compares number by number, and without class weights.
     */
    public Builder elementWeights(String file) {
      this.elementWeights = file;
      return this;
    }

    /**
     * A file with one finite weight a class, of any numeric type. It replaces the class weights of
     * the loss; for a loss of target values the elements of a class weigh so much.
     */
    public Builder classWeights(String file) {
      this.classWeights = file;
      return this;
    }

    /**
     * A file with one finite number a class, of any numeric type, that belongs to the loss.
     *
     * @param what the numbers are, for messages: "positive" for positive weights
     * @param file the file
     * @param into makes the loss with the numbers of the loss without
     */
    public Builder perClass(String what, String file, BiFunction<Loss, double[], Loss> into) {
      this.perClassFiles.add(new PerClassFile(what, file, into));
      return this;
    }

    /** The axis of the classes; negative ones count from the end. The last one unless said. */
    public Builder classAxis(int axis) {
      this.classAxis = axis;
      return this;
    }

    /**
     * Takes 16-bit unsigned integers for bfloat16: in the predictions, which must be uint16 then,
     * and in probability targets, if they are.
     */
    public Builder uint16AsBfloat16() {
      this.readsUint16AsBfloat16 = true;
      return this;
    }

    /**
     * What to compute; mean cross-entropy over logits unless said. {@code BATCH_MEAN} divides by
     * the lengths of the axes before the class axis, multiplied: by N for predictions of shape N×C
     * or N×C×H×W.
     *
     * @throws IllegalArgumentException if its reduction is NONE
     */
    public Builder loss(Loss wanted) {
      if (wanted.reduction().kind() == Reduction.Kind.NONE) {
        throw new IllegalArgumentException(
            "the reduction of a file is NONE, must make one number of the rows");
      }
      this.loss = wanted;
      return this;
    }

    /** What to tell of the predictions besides the loss; nothing unless said. */
    public Builder metrics(Collection<Metric> wanted) {
      this.metrics = Set.copyOf(new LinkedHashSet<>(wanted));
      return this;
    }

    /**
     * Writes one unreduced loss a row as float64, 0 for ignored rows, in the shape of class targets
     * as their file has it, or of the predictions without the class axis.
     */
    public Builder rowLossesTo(Path file) {
      this.rowLosses = file;
      return this;
    }

    /**
     * Writes the derivative of the reduced loss with respect to the predictions, in their shape and
     * type.
     */
    public Builder gradientTo(Path file) {
      this.gradient = file;
      return this;
    }

    /**
     * How many rows are in memory at once, at most (where classes stand before other axes, two may
     * be). Unless said, as many as fill a block of some tens of megabytes.
     */
    public Builder blockRows(long rows) {
      if (rows < 1) {
        throw new IllegalArgumentException("block rows is " + rows + ", must be at least 1");
      }
      this.blockRows = rows;
      return this;
    }

    /** Who is told of the progress. */
    public Builder progress(ProgressListener listener) {
      this.progress = listener;
      return this;
    }

    /**
     * Returns the evaluation.
     *
     * @throws IllegalArgumentException if there is something that the loss does not take: targets,
     *     a kind of targets, sample weights, element weights or class weights; or both class and
     *     element weights
     * @throws IllegalStateException if there is no input, or no targets for a loss that takes some
     */
    public FileEvaluation build() {
      Set<TargetKind> taken = loss.plan().targetKinds();
      boolean takesTargets = !taken.contains(TargetKind.NONE);
      if (input == null || (takesTargets && targets == null)) {
        throw new IllegalStateException(
            "an evaluation needs files of predictions and targets, has %s and %s"
                .formatted(input, targets));
      }
      require(takesTargets || targets == null, "%s takes no targets, has %s", loss.name(), targets);
      require(
          takesTargets || sampleWeights == null,
          "%s takes no sample weights, has %s",
          loss.name(),
          sampleWeights);
      require(
          targetKind == null || taken.contains(targetKind),
          "%s takes no targets of the kind %s",
          loss.name(),
          targetKind);
      require(
          loss.plan() instanceof ElementPlan || elementWeights == null,
          "%s takes no element weights, has %s",
          loss.name(),
          elementWeights);
      require(
          elementWeights == null || classWeights == null,
          "element weights are given (%s), and class weights (%s): must be one of them",
          elementWeights,
          classWeights);
      Builder complete = new Builder(this);
      if (classWeights != null) {
        complete.addClassWeights(classWeights);
      }
      return new FileEvaluation(complete);
    }

    private void addClassWeights(String file) {
      if (loss.plan() instanceof ElementPlan) {
        valueWeights = new PerClassFile("class", file, (unchanged, _) -> unchanged);
        return;
      }
      require(
          loss instanceof ClassWeightedLoss,
          "%s takes no class weights, has %s",
          loss.name(),
          file);
      perClassFiles.add(
          new PerClassFile(
              "class",
              file,
              (weighted, weights) ->
                  ((ClassWeightedLoss) weighted).withClassWeights(ClassWeights.of(weights))));
    }

    private static void require(boolean holds, String message, @Nullable Object... parts) {
      if (!holds) {
        throw new IllegalArgumentException(message.formatted(parts));
      }
    }
  }
}
