package dev.batchloss.evaluate;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Memory for one block of rows: predictions, targets, weights, and what is made of them. */
final class RowBlockBuffer {
  private final EvaluationFiles files;
  private final MatrixBuffer input;
  private final @Nullable ClassTargetBuffer classTargets;
  private final @Nullable MatrixBuffer probabilityTargets;
  private final @Nullable MatrixBuffer sampleWeights;
  private final @Nullable MatrixBuffer gradient;
  private final @Nullable MatrixBuffer rowLosses;

  private @Nullable RowBlock block;
  private @Nullable Matrix matrix;
  private @Nullable Targets targets;

  RowBlockBuffer(EvaluationFiles files, OutputFiles outputs, long mostRows, Arena arena) {
    this.files = files;
    int classes = files.classes();
    long elements = mostRows * classes;
    this.input = new MatrixBuffer(files.input().type(), ElementType.FLOAT64, elements, arena);
    RowVectorFile indices = files.classTargets();
    this.classTargets =
        indices == null ? null : new ClassTargetBuffer(indices, classes, mostRows, arena);
    // Of integers only 0 and 1 are probabilities, for which float32 is enough.
    this.probabilityTargets =
        indices != null
            ? null
            : new MatrixBuffer(files.targets().type(), ElementType.FLOAT32, elements, arena);
    RowVectorFile weights = files.sampleWeights();
    this.sampleWeights =
        weights == null
            ? null
            : new MatrixBuffer(weights.file().type(), ElementType.FLOAT64, mostRows, arena);
    this.gradient =
        outputs.gradient() == null
            ? null
            : new MatrixBuffer(files.input().type(), ElementType.FLOAT64, elements, arena);
    this.rowLosses =
        outputs.rowLosses() == null
            ? null
            : new MatrixBuffer(OutputFiles.ROW_LOSS_TYPE, ElementType.FLOAT64, mostRows, arena);
  }

  /** Reads a block; what the accessors return afterwards views this memory until the next one. */
  void read(RowBlock next) throws IOException {
    long outer = 1;
    long inner = 1;
    for (int axis = 0; axis < next.count().length; axis++) {
      outer *= axis < files.classAxis() ? next.count()[axis] : 1;
      inner *= axis > files.classAxis() ? next.count()[axis] : 1;
    }
    files.input().read(next.from(), next.count(), input.raw());
    matrix = input.view(outer, files.classes(), inner);
    Targets read;
    if (classTargets != null) {
      read = classTargets.read(next);
    } else {
      MatrixBuffer probabilities = Objects.requireNonNull(probabilityTargets);
      files.targets().read(next.from(), next.count(), probabilities.raw());
      read = Targets.probabilities(probabilities.view(outer, files.classes(), inner));
    }
    if (sampleWeights != null) {
      Objects.requireNonNull(files.sampleWeights()).read(next, sampleWeights.raw());
      read = read.withSampleWeights(sampleWeights.view(next.rows(), 1, 1));
    }
    targets = read;
    block = next;
  }

  RowBlock block() {
    return Objects.requireNonNull(block);
  }

  Matrix matrix() {
    return Objects.requireNonNull(matrix);
  }

  Targets targets() {
    return Objects.requireNonNull(targets);
  }

  /** Returns the room for the gradient of the block's rows, or null if none is asked for. */
  @Nullable Matrix gradient() {
    Matrix shape = matrix();
    return gradient == null ? null : gradient.view(shape.outer(), shape.classes(), shape.inner());
  }

  /** Returns the room for the losses of the block's rows, or null if they are not asked for. */
  @Nullable Matrix rowLosses() {
    return rowLosses == null ? null : rowLosses.view(block().rows(), 1, 1);
  }
}
