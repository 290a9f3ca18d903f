package dev.batchloss.evaluate;

import dev.batchloss.data.InvalidDataException;
import dev.batchloss.io.NumericFile;
import dev.batchloss.plan.TargetKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The file of the targets, and what its shape says that they are. */
final class TargetFile {
  private final NumericFile file;
  private final TargetKind kind;
  private final @Nullable RowVectorFile vector;

  private TargetFile(NumericFile file, TargetKind kind, @Nullable RowVectorFile vector) {
    this.file = file;
    this.kind = kind;
    this.vector = vector;
  }

  /**
   * Finds out what the targets are.
   *
   * @param file stays with whoever opened it
   * @param shape the shape of the rows and classes, in which {@code input} need not have the last
   *     axis
   * @param taken the kinds that the loss takes
   * @param wanted the kind that was asked for, one of those taken, or null
   * @throws InvalidDataException if the shape fits no kind, or two
   */
  static TargetFile match(
      NumericFile file,
      NumericFile input,
      long[] shape,
      int classAxis,
      Set<TargetKind> taken,
      @Nullable TargetKind wanted) {
    RowVectorFile vector = RowVectorFile.match(file, shape, classAxis).orElse(null);
    boolean likeInput = file.shape().equals(input.shape());
    Set<TargetKind> kinds = wanted == null ? taken : Set.of(wanted);
    List<TargetKind> fitting = new ArrayList<>();
    for (TargetKind kind : kinds) {
      boolean fits =
          switch (kind) {
            case NONE -> false;
            case CLASSES -> vector != null;
            case PROBABILITIES -> likeInput;
            case VALUES -> likeInput || (vector != null && shape[classAxis] == 1);
          };
      if (fits) {
        fitting.add(kind);
      }
    }
    if (fitting.size() > 1) {
      throw new InvalidDataException(
          "%s: its shape %s can be one class a row or, like %s, one probability a class:"
                  .formatted(file.name(), text(file.shape()), input.name())
              + " say which with the target kind classes or probabilities"
              + " (--target-kind)");
    }
    if (fitting.isEmpty()) {
      throw new InvalidDataException(
          "%s: has shape %s, expected %s for %s of shape %s%s"
              .formatted(
                  file.name(),
                  text(file.shape()),
                  expected(kinds, input, shape, classAxis),
                  input.name(),
                  text(input.shape()),
                  kinds.contains(TargetKind.VALUES) ? "" : " with class axis " + classAxis));
    }
    TargetKind kind = fitting.getFirst();
    boolean isVector = kind == TargetKind.CLASSES || !likeInput;
    return new TargetFile(file, kind, isVector ? vector : null);
  }

  private static String expected(
      Set<TargetKind> kinds, NumericFile input, long[] shape, int classAxis) {
    List<String> expected = new ArrayList<>();
    if (kinds.contains(TargetKind.CLASSES)) {
      expected.add(text(RowVectorFile.shape(shape, classAxis)) + " (classes)");
    }
    if (kinds.contains(TargetKind.PROBABILITIES)) {
      expected.add(text(input.shape()) + " (probabilities)");
    }
    if (kinds.contains(TargetKind.VALUES)) {
      expected.add(text(input.shape()) + " (values)");
    }
    return String.join(" or ", expected);
  }

  NumericFile file() {
    return file;
  }

  /** Returns the same targets, read as another file reads them. */
  TargetFile as(NumericFile other) {
    return new TargetFile(other, kind, vector);
  }

  TargetKind kind() {
    return kind;
  }

  /** Returns the targets as one number a row, or null if they have the shape of the input. */
  @Nullable RowVectorFile vector() {
    return vector;
  }

  /** A shape for messages, {@code ()} for a single number. */
  static String text(List<Long> shape) {
    return shape.isEmpty()
        ? "()"
        : shape.stream().map(String::valueOf).collect(Collectors.joining("×"));
  }
}
