package dev.batchloss.evaluate;

import dev.batchloss.data.Matrix;
import dev.batchloss.io.NpyWriter;
import dev.batchloss.io.NumericFile;
import dev.batchloss.io.NumericType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The files that an evaluation writes. They take their places when all of them are complete; until
 * then, and after a failure or an interrupt of the process, what was there before is untouched.
 */
final class OutputFiles implements AutoCloseable {
  /** The type of row losses. */
  static final NumericType ROW_LOSS_TYPE = NumericType.FLOAT64;

  private final EvaluationFiles inputs;
  private final @Nullable NpyWriter rowLosses;
  private final @Nullable NpyWriter gradient;
  private final Thread onExit = new Thread(this::discard, "batchloss-discard");

  /**
   * Creates the files under temporary names.
   *
   * @throws IllegalArgumentException if an output is one of the inputs or the other output
   * @throws IOException if an output cannot be written
   */
  OutputFiles(FileEvaluation options, EvaluationFiles inputs) throws IOException {
    this.inputs = inputs;
    Path rowPath = options.rowLosses();
    Path gradientPath = options.gradient();
    requireOther("the row losses", rowPath, inputs);
    requireOther("the gradient", gradientPath, inputs);
    if (rowPath != null && gradientPath != null && isSame(rowPath, gradientPath)) {
      throw new IllegalArgumentException(
          "the row losses and the gradient would both be written to " + gradientPath);
    }
    rowLosses =
        rowPath == null ? null : NpyWriter.create(rowPath, ROW_LOSS_TYPE, array(inputs.rowShape()));
    try {
      gradient =
          gradientPath == null
              ? null
              : NpyWriter.create(
                  gradientPath, inputs.input().type(), inputs.ofFile(inputs.shape()));
    } catch (Throwable e) {
      closeIfOpen(rowLosses);
      throw e;
    }
    Runtime.getRuntime().addShutdownHook(onExit);
  }

  @Nullable NpyWriter rowLosses() {
    return rowLosses;
  }

  @Nullable NpyWriter gradient() {
    return gradient;
  }

  /** Returns whether anything is written. */
  boolean areWanted() {
    return rowLosses != null || gradient != null;
  }

  /** Writes what was made of the block. */
  void write(RowBlockBuffer buffer) throws IOException {
    RowBlock block = buffer.block();
    Matrix losses = buffer.rowLosses();
    if (rowLosses != null && losses != null) {
      long bytes = block.rows() * ROW_LOSS_TYPE.bytes();
      rowLosses.write(block.firstRow(), losses.segment().asSlice(0, bytes));
    }
    Matrix derivatives = buffer.gradient();
    if (gradient != null && derivatives != null) {
      gradient.write(
          inputs.ofFile(block.from()), inputs.ofFile(block.count()), derivatives.segment());
    }
  }

  /** Puts the files in their places. */
  void commit() throws IOException {
    if (rowLosses != null) {
      rowLosses.commit();
    }
    if (gradient != null) {
      gradient.commit();
    }
  }

  /** Deletes what is not committed. */
  @Override
  public void close() throws IOException {
    try {
      Runtime.getRuntime().removeShutdownHook(onExit);
    } catch (IllegalStateException e) {
      // The JVM is going down: the hook does the same as this.
    }
    try {
      closeIfOpen(rowLosses);
    } finally {
      closeIfOpen(gradient);
    }
  }

  private void discard() {
    try {
      try {
        closeIfOpen(rowLosses);
      } finally {
        closeIfOpen(gradient);
      }
    } catch (IOException e) {
      // Nobody is left to be told.
    }
  }

  private static void closeIfOpen(@Nullable NpyWriter writer) throws IOException {
    if (writer != null) {
      writer.close();
    }
  }

  private static void requireOther(String what, @Nullable Path output, EvaluationFiles inputs)
      throws IOException {
    if (output == null || !Files.exists(output)) {
      return;
    }
    for (NumericFile input : inputs.all()) {
      if (Files.exists(input.path()) && Files.isSameFile(output, input.path())) {
        throw new IllegalArgumentException(
            "%s would be written to %s, which is the input %s"
                .formatted(what, output, input.name()));
      }
    }
  }

  /** Whether two files that need not exist yet would be one. */
  private static boolean isSame(Path a, Path b) throws IOException {
    if (Files.exists(a) && Files.exists(b)) {
      return Files.isSameFile(a, b);
    }
    return place(a).equals(place(b));
  }

  private static Path place(Path path) throws IOException {
    Path absolute = path.toAbsolutePath().normalize();
    Path folder = absolute.getParent();
    return folder == null || !Files.exists(folder)
        ? absolute
        : folder.toRealPath().resolve(absolute.getFileName());
  }

  private static long[] array(List<Long> shape) {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }
}
