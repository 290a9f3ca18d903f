package dev.batchloss.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.bench.GpuCase.Task;
import dev.batchloss.data.ElementType;
import java.util.List;
import org.junit.jupiter.api.Test;

class GpuTableTest {
  /** A million numbers of 4 bytes. */
  private static final GpuCase MATRIX =
      new GpuCase("registers_4", 1000, 1000, 1, ElementType.FLOAT32);

  @Test
  void aGradientIsHeldAgainstTheCopyOfAsManyBytes() {
    assertThat(row(Task.GRADIENT, 10e-6).markdown(1e12))
        .startsWith(
            "| registers_4 | 1000×1000 | FLOAT32 | loss and gradient | 0.010 | 800.0 | **80%** |");
  }

  @Test
  void aLossOnlyReads() {
    assertThat(row(Task.LOSS, 10e-6).markdown(1e12)).contains("| 400.0 | **40%** |");
  }

  @Test
  void whatWasNotMeasuredHasNoNumber() {
    assertThat(row(Task.LOSS, Double.NaN).markdown(1e12))
        .isEqualTo(
            "| registers_4 | 1000×1000 | FLOAT32 | loss | – | – | **–** | 1.000 | 2.000 | –"
                + " | 20.0 | – |");
  }

  @Test
  void theReportNamesWhatWasLeftOut() {
    String text =
        new GpuTable(
                "head", List.of("fact"), 1e12, List.of(row(Task.LOSS, 1)), List.of("too large"))
            .markdown();
    assertThat(text).startsWith("# head\n\n- fact\n").endsWith("\nLeft out:\n\n- too large\n");
    assertThat(text.lines().filter(line -> line.startsWith("|")))
        .hasSize(3)
        .allSatisfy(line -> assertThat(line.chars().filter(c -> c == '|').count()).isEqualTo(13));
  }

  private static GpuTable.Row row(Task task, double kernels) {
    return new GpuTable.Row(MATRIX, task, kernels, 0.001, 0.002, Double.NaN, 0.02, Double.NaN);
  }
}
