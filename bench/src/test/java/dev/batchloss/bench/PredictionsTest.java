package dev.batchloss.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchloss.BatchLoss;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.data.ValueTargets;
import org.junit.jupiter.api.Test;

/** A benchmark must not time something that is not the loss. */
class PredictionsTest {
  private static final int ROWS = 3;
  private static final int CLASSES = 50;

  @Test
  void bothLossesAreWhatTheirDefinitionsSay() {
    try (BatchLoss engine = BatchLoss.open("scalar")) {
      Matrix logits = matrix();
      Predictions.requireFirstLoss(engine, logits, Predictions.fill(logits));
      Predictions.requireFirstLoss(engine, logits, Predictions.fill(logits, matrix()));
    }
  }

  @Test
  void labelsAreZerosAndOnes() {
    Matrix labels = matrix();
    ValueTargets targets = Predictions.fill(matrix(), labels);
    assertThat(targets.values()).isEqualTo(labels);
    boolean[] seen = new boolean[2];
    for (int c = 0; c < CLASSES; c++) {
      assertThat(labels.get(0, c)).isIn(0.0, 1.0);
      seen[(int) labels.get(0, c)] = true;
    }
    assertThat(seen).containsExactly(true, true);
  }

  @Test
  void anotherLossIsRefused() {
    Matrix logits = matrix();
    var targets = Predictions.fill(logits);
    assertThatThrownBy(() -> Predictions.requireFirstLoss(logits, targets, 1e6))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("the loss of row 0 is 1000000.0");
  }

  @Test
  void distributionsAreRefused() {
    try (BatchLoss engine = BatchLoss.open("scalar")) {
      Matrix uniform = Matrix.of(new float[] {0.5f, 0.5f}, 1, 2);
      assertThatThrownBy(
              () -> Predictions.requireFirstLoss(engine, uniform, Targets.probabilities(uniform)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("must be classes or values");
    }
  }

  private static Matrix matrix() {
    return Matrix.of(new float[ROWS * CLASSES], ROWS, CLASSES);
  }
}
