package dev.batchloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.batchloss.data.Matrix;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.RowStatistic;
import dev.batchloss.spi.DeviceMatrix;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class OutputsTest {
  private static final Matrix MATRIX = Matrix.of(new float[6], 2, 3);
  private static final Matrix COLUMN = Matrix.of(new float[2], 2, 1);

  private static void assertEmpty(Outputs outputs) {
    assertThat(outputs.matrixKind()).isEqualTo(MatrixOutput.NONE);
    assertThat(outputs.matrixFor(MATRIX)).isNull();
    assertThat(outputs.returnsRowLosses()).isFalse();
    assertThat(outputs.rowLosses()).isNull();
    assertThat(outputs.returnsLogSumExp()).isFalse();
    assertThat(outputs.logSumExp()).isNull();
    assertThat(outputs.upstream()).isNull();
    assertThat(outputs.rowUpstream()).isNull();
    assertThat(outputs.metrics()).isEmpty();
    assertThat(outputs.statistics()).isEmpty();
  }

  @Test
  void eachMethodLeavesTheOneItIsCalledOnAsItWas() {
    Outputs empty = Outputs.lossOnly();
    assertEmpty(empty);
    Outputs all =
        empty
            .withRowLosses()
            .withRowLossesInto(COLUMN)
            .withLogSumExp()
            .withLogSumExpInto(MATRIX)
            .withUpstream(3)
            .withUpstream(new double[] {4, 5})
            .withMetrics(Metric.ACCURACY)
            .withMetrics(List.of(Metric.MRR, Metric.ACCURACY));
    assertEmpty(empty);
    assertThat(all.returnsRowLosses()).isTrue();
    assertThat(all.rowLosses()).isSameAs(COLUMN);
    assertThat(all.returnsLogSumExp()).isTrue();
    assertThat(all.logSumExp()).isSameAs(MATRIX);
    assertThat(all.upstream()).isEqualTo(3);
    assertThat(all.rowUpstream()).satisfies(vector -> assertThat(vector.get(1, 0)).isEqualTo(5));
    assertThat(all.metrics()).containsExactlyInAnyOrder(Metric.ACCURACY, Metric.MRR);
    assertThat(all.metrics()).isUnmodifiable();
    assertThat(all.statistics())
        .containsExactlyInAnyOrder(
            RowStatistic.LOG_SUM_EXP, RowStatistic.ARGMAX, RowStatistic.RANK);
  }

  @Test
  void aMatrixIsOfOneKind() {
    assertThat(Outputs.gradientInto(MATRIX).matrixKind()).isEqualTo(MatrixOutput.GRADIENT);
    assertThat(Outputs.softmaxInto(MATRIX).matrixKind()).isEqualTo(MatrixOutput.SOFTMAX);
    assertThat(Outputs.logSoftmaxInto(MATRIX).matrixKind()).isEqualTo(MatrixOutput.LOG_SOFTMAX);
    assertThat(Outputs.gradientInto(MATRIX).matrixFor(COLUMN)).isSameAs(MATRIX);
    Outputs inPlace = Outputs.gradientInPlace().withRowLosses();
    assertThat(inPlace.matrixKind()).isEqualTo(MatrixOutput.GRADIENT);
    assertThat(inPlace.matrixFor(COLUMN)).isSameAs(COLUMN);
  }

  @Test
  void everyMetricNamesItsStatistics() {
    for (Metric.Kind kind : Metric.Kind.values()) {
      Outputs outputs = Outputs.lossOnly().withMetrics(new Metric(kind, 1));
      assertThat(outputs.statistics()).as("%s", kind).isNotEmpty();
    }
  }

  @Test
  void refusesNull() {
    List<Consumer<Outputs>> calls =
        List.of(
            outputs -> Outputs.gradientInto((Matrix) null),
            outputs -> Outputs.gradientInto((DeviceMatrix) null),
            outputs -> Outputs.softmaxInto((Matrix) null),
            outputs -> Outputs.softmaxInto((DeviceMatrix) null),
            outputs -> Outputs.logSoftmaxInto((Matrix) null),
            outputs -> Outputs.logSoftmaxInto((DeviceMatrix) null),
            outputs -> outputs.withRowLossesInto(null),
            outputs -> outputs.withLogSumExpInto(null),
            outputs -> outputs.withUpstream((Matrix) null));
    for (Consumer<Outputs> call : calls) {
      assertThatNullPointerException().isThrownBy(() -> call.accept(Outputs.lossOnly()));
    }
  }
}
