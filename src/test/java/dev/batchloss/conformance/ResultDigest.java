package dev.batchloss.conformance;

import dev.batchloss.BatchLoss;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.MatrixOutput;
import java.util.ArrayList;
import java.util.List;

/**
 * One number over the bits of many results, so that machines and widths of vectors can be compared.
 * The inputs are made of nothing but additions and multiplications.
 */
final class ResultDigest {
  private static final List<MatrixOutput> ROW_OUTPUTS =
      List.of(
          MatrixOutput.NONE, MatrixOutput.GRADIENT, MatrixOutput.LOG_SOFTMAX, MatrixOutput.SOFTMAX);

  private static final long START = 0xcbf29ce484222325L;
  private static final List<Shape> SHAPES =
      List.of(
          new Shape(33, 1),
          new Shape(50, 2),
          new Shape(41, 10),
          new Shape(17, 64),
          new Shape(19, 67),
          new Shape(5, 1000),
          new Shape(1, 65537),
          new Shape(1, 140001));

  private ResultDigest() {}

  static long of(BatchLoss engine) {
    long digest = START;
    for (Shape shape : SHAPES) {
      for (ElementType type : ElementType.values()) {
        for (Trial trial : trials(type, shape.rows(), shape.classes())) {
          digest = Bits.of(engine, trial).digest(digest);
        }
      }
    }
    return digest;
  }

  private static List<Trial> trials(ElementType type, int rows, int classes) {
    Samples samples = new Samples(rows * 1000003L + classes);
    Matrix logits = Samples.logits(samples.nextLong(), type, rows, classes);
    Matrix columns = Arrangement.FORTRAN.allocate(MemoryKind.NATIVE, type, rows, classes);
    samples.fillLogits(columns, 9);
    Matrix logProbabilities = Samples.logits(samples.nextLong(), type, rows, classes);
    samples.fill(logProbabilities, _ -> -9 * samples.uniform(1, 0, 1)[0]);
    Matrix distributions = Samples.logits(0, type, rows, classes);
    samples.fillSparseTargets(distributions);
    Targets indices = Targets.classes(samples.classes(rows, classes));
    Targets soft = Targets.probabilities(distributions);
    CrossEntropy plain = CrossEntropy.builder().build();
    CrossEntropy full =
        CrossEntropy.builder()
            .classWeights(samples.uniform(classes, 0.5, 2))
            .labelSmoothing(0.1)
            .zLoss(1e-3)
            .logitScale(1.5)
            .softcap(20)
            .build();
    CrossEntropy ofLogarithms =
        CrossEntropy.builder().input(InputKind.LOG_PROBABILITIES).labelSmoothing(0.1).build();
    List<Trial> trials = new ArrayList<>();
    trials.add(Trial.of(plain, logits, indices));
    trials.add(Trial.of(full, logits, soft));
    trials.add(Trial.of(plain, columns, indices));
    trials.add(Trial.of(ofLogarithms, logProbabilities, indices));
    List<Trial> written = new ArrayList<>();
    for (Trial trial : trials) {
      for (MatrixOutput kind : ROW_OUTPUTS) {
        written.add(kind == MatrixOutput.NONE ? trial : trial.writing(kind, like(trial.input())));
      }
    }
    return written;
  }

  private static Matrix like(Matrix shape) {
    int rows = Math.toIntExact(shape.rows());
    Arrangement arrangement = shape.inner() == 1 ? Arrangement.CONTIGUOUS : Arrangement.FORTRAN;
    return arrangement.allocate(MemoryKind.NATIVE, shape.type(), rows, shape.classes());
  }
}
