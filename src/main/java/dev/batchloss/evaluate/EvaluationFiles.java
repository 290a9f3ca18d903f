package dev.batchloss.evaluate;

import dev.batchloss.data.InvalidDataException;
import dev.batchloss.io.NumericFile;
import dev.batchloss.io.NumericType;
import dev.batchloss.loss.Loss;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.Plan;
import dev.batchloss.plan.TargetKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** The open input files of one evaluation, held against each other. */
final class EvaluationFiles implements AutoCloseable {
  private final List<NumericFile> open = new ArrayList<>();
  private final NumericFile input;
  private final long[] shape;
  private final int classAxis;
  private final boolean hasClassAxis;
  private final @Nullable TargetFile targets;
  private final @Nullable RowVectorFile sampleWeights;
  private final @Nullable NumericFile elementWeights;
  private final Loss loss;
  private final double @Nullable [] valueWeights;

  /**
   * Opens the files.
   *
   * @throws InvalidDataException if one is unsound or its shape does not fit
   * @throws IllegalArgumentException if the class axis is not one of the predictions'
   */
  EvaluationFiles(FileEvaluation options) throws IOException {
    try {
      input = openInput(options);
      Plan plan = options.loss().plan();
      // A loss of single numbers takes them as rows of one class.
      hasClassAxis =
          !(plan instanceof ElementPlan)
              || input.header().dimensions() != 1
              || options.classAxis() != null;
      shape =
          LongStream.concat(
                  input.shape().stream().mapToLong(Long::longValue),
                  hasClassAxis ? LongStream.empty() : LongStream.of(1))
              .toArray();
      classAxis = hasClassAxis ? classAxis(input, options.classAxis()) : 1;
      requireClasses();
      String ofTargets = options.targets();
      targets = ofTargets == null ? null : openTargets(ofTargets, plan, options);
      String weights = options.sampleWeights();
      sampleWeights = weights == null ? null : matchSampleWeights(openFile(weights));
      String ofElements = options.elementWeights();
      elementWeights = ofElements == null ? null : matchElementWeights(openFile(ofElements));
      Loss completed = options.loss();
      for (PerClassFile perClass : options.perClassFiles()) {
        completed = perClass.into().apply(completed, readPerClass(perClass));
      }
      PerClassFile ofValues = options.valueWeights();
      valueWeights = ofValues == null ? null : readPerClass(ofValues);
      loss = completed;
    } catch (Throwable e) {
      close();
      throw e;
    }
  }

  NumericFile input() {
    return input;
  }

  /** Returns the shape of the predictions. */
  long[] shape() {
    return shape;
  }

  int classAxis() {
    return classAxis;
  }

  int classes() {
    return (int) shape[classAxis];
  }

  /** Returns the length of the outer axis: how many entries there are before the class axis. */
  long outer() {
    return Arrays.stream(shape, 0, classAxis).reduce(1, (a, b) -> a * b);
  }

  /** Returns what has so many indices on each axis of {@link #shape}, for the predictions' file. */
  long[] ofFile(long[] axes) {
    return hasClassAxis ? axes : Arrays.copyOf(axes, axes.length - 1);
  }

  TargetKind targetKind() {
    return targets == null ? TargetKind.NONE : targets.kind();
  }

  /** Returns the targets, or null for a loss without. */
  @Nullable TargetFile targets() {
    return targets;
  }

  /** Returns the targets as one class a row, or null if they are anything else. */
  @Nullable RowVectorFile classTargets() {
    return targetKind() == TargetKind.CLASSES ? Objects.requireNonNull(targets).vector() : null;
  }

  @Nullable RowVectorFile sampleWeights() {
    return sampleWeights;
  }

  /** Returns the file with one weight an element, in the predictions' shape, or null for ones. */
  @Nullable NumericFile elementWeights() {
    return elementWeights;
  }

  /** Returns the loss with the numbers of the files that belong to it. */
  Loss loss() {
    return loss;
  }

  /** Returns one weight a class for target values, or null for ones. */
  double @Nullable [] valueWeights() {
    return valueWeights;
  }

  /** Returns all files that are open. */
  List<NumericFile> all() {
    return List.copyOf(open);
  }

  /** Returns the shape of an output with one number a row: that of such targets, if there are. */
  List<Long> rowShape() {
    return targets == null || targets.vector() == null
        ? RowVectorFile.shape(shape, classAxis)
        : targets.file().shape();
  }

  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (NumericFile file : open) {
      try {
        file.close();
      } catch (IOException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private NumericFile openFile(String spec) throws IOException {
    NumericFile file = NumericFile.open(spec);
    open.add(file);
    return file;
  }

  private NumericFile openInput(FileEvaluation options) throws IOException {
    NumericFile file = openFile(options.input());
    if (options.readsUint16AsBfloat16()) {
      return file.reinterpretUint16AsBfloat16();
    }
    if (!file.type().isFloating()) {
      throw new InvalidDataException(
          "%s: has elements of type %s, expected floating-point numbers%s"
              .formatted(
                  file.name(),
                  file.type().label(),
                  file.type() == NumericType.UINT16 ? " (or uint16 read as bfloat16)" : ""));
    }
    return file;
  }

  private TargetFile openTargets(String spec, Plan plan, FileEvaluation options)
      throws IOException {
    NumericFile file = openFile(spec);
    TargetFile matched =
        TargetFile.match(file, input, shape, classAxis, plan.targetKinds(), options.targetKind());
    return matched.kind() != TargetKind.CLASSES
            && options.readsUint16AsBfloat16()
            && file.type() == NumericType.UINT16
        ? matched.as(file.reinterpretUint16AsBfloat16())
        : matched;
  }

  private double[] readPerClass(PerClassFile perClass) throws IOException {
    return ClassWeightsReader.read(openFile(perClass.file()), perClass.what(), classes(), input);
  }

  private static int classAxis(NumericFile input, @Nullable Integer wanted) {
    int axes = input.header().dimensions();
    if (axes == 0 || (axes == 1 && wanted == null)) {
      throw new InvalidDataException(
          "%s: is %s, expected at least two axes, rows and classes%s"
              .formatted(
                  input.name(),
                  input.header().description(),
                  axes == 0 ? "" : " (class axis 0 reads it as a single row)"));
    }
    int axis = Objects.requireNonNullElse(wanted, -1);
    if (axis < -axes || axis >= axes) {
      throw new IllegalArgumentException(
          "class axis is %d, must be in %d..%d for %s of %s"
              .formatted(axis, -axes, axes - 1, input.name(), input.header().description()));
    }
    return axis < 0 ? axis + axes : axis;
  }

  private void requireClasses() {
    long classes = shape[classAxis];
    if (classes == 0 || classes > Integer.MAX_VALUE) {
      throw new InvalidDataException(
          "%s: has %d classes (%s, class axis %d), expected 1 to 2^31 - 1"
              .formatted(input.name(), classes, input.header().description(), classAxis));
    }
  }

  private RowVectorFile matchSampleWeights(NumericFile file) {
    return RowVectorFile.match(file, shape, classAxis)
        .orElseThrow(
            () ->
                new InvalidDataException(
                    "%s: has shape %s, expected %s: a sample weight a row for %s of shape %s"
                        .formatted(
                            file.name(),
                            TargetFile.text(file.shape()),
                            TargetFile.text(RowVectorFile.shape(shape, classAxis)),
                            input.name(),
                            TargetFile.text(input.shape()))));
  }

  private NumericFile matchElementWeights(NumericFile file) {
    if (!file.shape().equals(input.shape())) {
      throw new InvalidDataException(
          "%s: has shape %s, expected %s: an element weight for each number of %s"
              .formatted(
                  file.name(),
                  TargetFile.text(file.shape()),
                  TargetFile.text(input.shape()),
                  input.name()));
    }
    return file;
  }
}
