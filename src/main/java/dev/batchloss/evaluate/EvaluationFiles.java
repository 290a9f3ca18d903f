package dev.batchloss.evaluate;

import dev.batchloss.data.InvalidDataException;
import dev.batchloss.io.NumericFile;
import dev.batchloss.io.NumericType;
import dev.batchloss.plan.TargetKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The open input files of one evaluation, held against each other. */
final class EvaluationFiles implements AutoCloseable {
  private final List<NumericFile> open = new ArrayList<>();
  private final NumericFile input;
  private final long[] shape;
  private final int classAxis;
  private final NumericFile targets;
  private final TargetKind targetKind;
  private final @Nullable RowVectorFile classTargets;
  private final @Nullable RowVectorFile sampleWeights;
  private final double @Nullable [] classWeights;

  /**
   * Opens the files.
   *
   * @throws InvalidDataException if one is unsound or its shape does not fit
   * @throws IllegalArgumentException if the class axis is not one of the predictions'
   */
  EvaluationFiles(FileEvaluation options) throws IOException {
    try {
      input = openInput(options);
      shape = input.shape().stream().mapToLong(Long::longValue).toArray();
      classAxis = classAxis(input, options.classAxis());
      requireClasses();
      NumericFile opened = openFile(options.targets());
      RowVectorFile vector = RowVectorFile.match(opened, shape, classAxis).orElse(null);
      targetKind = targetKind(opened, vector != null, options.targetKind());
      classTargets = targetKind == TargetKind.CLASSES ? vector : null;
      targets = targetKind == TargetKind.CLASSES ? opened : asProbabilities(opened, options);
      String weights = options.sampleWeights();
      sampleWeights = weights == null ? null : matchSampleWeights(openFile(weights));
      String ofClasses = options.classWeights();
      classWeights =
          ofClasses == null ? null : ClassWeightsReader.read(openFile(ofClasses), classes(), input);
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

  TargetKind targetKind() {
    return targetKind;
  }

  NumericFile targets() {
    return targets;
  }

  /** Returns the targets as one class a row, or null if they are probabilities. */
  @Nullable RowVectorFile classTargets() {
    return classTargets;
  }

  @Nullable RowVectorFile sampleWeights() {
    return sampleWeights;
  }

  double @Nullable [] classWeights() {
    return classWeights;
  }

  /** Returns all files that are open. */
  List<NumericFile> all() {
    return List.copyOf(open);
  }

  /** Returns the shape of an output with one number a row: that of class targets, if there are. */
  List<Long> rowShape() {
    return classTargets == null ? RowVectorFile.shape(shape, classAxis) : targets.shape();
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

  private static NumericFile asProbabilities(NumericFile file, FileEvaluation options) {
    return options.readsUint16AsBfloat16() && file.type() == NumericType.UINT16
        ? file.reinterpretUint16AsBfloat16()
        : file;
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

  private TargetKind targetKind(
      NumericFile file, boolean fitsClasses, @Nullable TargetKind wanted) {
    boolean fitsProbabilities = file.shape().equals(input.shape());
    if (wanted == null && fitsClasses && fitsProbabilities) {
      throw new InvalidDataException(
          "%s: its shape %s can be one class a row or, like %s, one probability a class:"
                  .formatted(file.name(), text(file.shape()), input.name())
              + " say which with the target kind classes or probabilities"
              + " (--target-kind)");
    }
    if (fitsClasses && wanted != TargetKind.PROBABILITIES) {
      return TargetKind.CLASSES;
    }
    if (fitsProbabilities && wanted != TargetKind.CLASSES) {
      return TargetKind.PROBABILITIES;
    }
    List<String> expected = new ArrayList<>();
    if (wanted != TargetKind.PROBABILITIES) {
      expected.add(text(RowVectorFile.shape(shape, classAxis)) + " (classes)");
    }
    if (wanted != TargetKind.CLASSES) {
      expected.add(text(input.shape()) + " (probabilities)");
    }
    throw new InvalidDataException(
        "%s: has shape %s, expected %s for %s of shape %s with class axis %d"
            .formatted(
                file.name(),
                text(file.shape()),
                String.join(" or ", expected),
                input.name(),
                text(input.shape()),
                classAxis));
  }

  private RowVectorFile matchSampleWeights(NumericFile file) {
    return RowVectorFile.match(file, shape, classAxis)
        .orElseThrow(
            () ->
                new InvalidDataException(
                    "%s: has shape %s, expected %s: a sample weight a row for %s of shape %s"
                        .formatted(
                            file.name(),
                            text(file.shape()),
                            text(RowVectorFile.shape(shape, classAxis)),
                            input.name(),
                            text(input.shape()))));
  }

  /** A shape for messages, {@code ()} for a single number. */
  private static String text(List<Long> shape) {
    return shape.isEmpty()
        ? "()"
        : shape.stream().map(String::valueOf).collect(Collectors.joining("×"));
  }
}
