package dev.batchloss.evaluate;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.data.ValueTargets;
import dev.batchloss.io.NumericFile;
import dev.batchloss.plan.TargetKind;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Memory for one block of rows: predictions, targets, weights, and what is made of them. */
final class RowBlockBuffer {
  private final EvaluationFiles files;
  private final MatrixBuffer input;
  private final @Nullable ClassTargetBuffer classTargets;
  private final @Nullable MatrixBuffer elementTargets;
  private final @Nullable MatrixBuffer sampleWeights;
  private final @Nullable MatrixBuffer elementWeights;
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
    TargetFile target = files.targets();
    this.elementTargets =
        target == null || indices != null
            ? null
            : new MatrixBuffer(target.file().type(), convertedType(target), elements, arena);
    RowVectorFile weights = files.sampleWeights();
    this.sampleWeights =
        weights == null
            ? null
            : new MatrixBuffer(weights.file().type(), ElementType.FLOAT64, mostRows, arena);
    NumericFile ofElements = files.elementWeights();
    this.elementWeights =
        ofElements == null
            ? null
            : new MatrixBuffer(ofElements.type(), ElementType.FLOAT64, elements, arena);
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
    files.input().read(files.ofFile(next.from()), files.ofFile(next.count()), input.raw());
    matrix = input.view(outer, files.classes(), inner);
    Targets read = classTargets == null ? null : classTargets.read(next);
    if (elementTargets != null) {
      read = readElements(next, outer, inner, elementTargets);
    }
    if (read != null && sampleWeights != null) {
      Objects.requireNonNull(files.sampleWeights()).read(next, sampleWeights.raw());
      read = read.withSampleWeights(sampleWeights.view(next.rows(), 1, 1));
    }
    targets = read;
    block = next;
  }

  /** Of integers only 0 and 1 are probabilities, for which float32 is enough. */
  private static ElementType convertedType(TargetFile target) {
    return target.kind() == TargetKind.PROBABILITIES ? ElementType.FLOAT32 : ElementType.FLOAT64;
  }

  private Targets readElements(RowBlock next, long outer, long inner, MatrixBuffer buffer)
      throws IOException {
    TargetFile file = Objects.requireNonNull(files.targets());
    RowVectorFile vector = file.vector();
    if (vector == null) {
      file.file().read(files.ofFile(next.from()), files.ofFile(next.count()), buffer.raw());
    } else {
      vector.read(next, buffer.raw());
    }
    Matrix elements = buffer.view(outer, files.classes(), inner);
    if (file.kind() == TargetKind.PROBABILITIES) {
      return Targets.probabilities(elements);
    }
    ValueTargets values = Targets.values(elements);
    if (elementWeights != null) {
      Objects.requireNonNull(files.elementWeights())
          .read(files.ofFile(next.from()), files.ofFile(next.count()), elementWeights.raw());
      return values.withElementWeights(elementWeights.view(outer, files.classes(), inner));
    }
    double[] ofClasses = files.valueWeights();
    return ofClasses == null ? values : values.withClassWeights(ofClasses);
  }

  RowBlock block() {
    return Objects.requireNonNull(block);
  }

  Matrix matrix() {
    return Objects.requireNonNull(matrix);
  }

  /** Returns the targets of the block's rows, or null for a loss without. */
  @Nullable Targets targets() {
    return targets;
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
