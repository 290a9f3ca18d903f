package dev.batchloss.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RatioTableTest {
  @Test
  void aLineStatesTimesSpeedsAndTheRatio() {
    assertThat(row(0.75, 0.02, 0.7).markdown())
        .isEqualTo(
            "| cpu | CrossEntropyForward | 4096×32000 | FLOAT32 | heap | 40.0 | 13.1 | sum | 17.5"
                + " | **75%** | 74%–76% | 77% | 2% | 70% met |");
  }

  @ParameterizedTest
  @CsvSource({
    "0.70, 0.00, 70% met",
    "0.69, 0.00, 70% missed",
    "0.69, 0.50, 70% open: others busy",
    "0.71, 0.50, 70% met"
  })
  void aGoalIsMissedOnlyOnAQuietMachine(double ratio, double others, String verdict) {
    assertThat(row(ratio, others, 0.7).markdown()).endsWith("| " + verdict + " |");
  }

  @Test
  void copiesThatTakeTurnsAreStatedWithTheShape() {
    assertThat(row("NATIVE", 8, 0.75, 0, 0.7).markdown())
        .startsWith("| cpu | CrossEntropyForward | 4096×32000, 8 in turn | FLOAT32 | native |");
  }

  @Test
  void thereIsNoVerdictWithoutAGoal() {
    assertThat(row(0.5, 0, Double.NaN).markdown()).endsWith("| 0% |  |");
  }

  @Test
  void everyRowOfTheTableHasAsManyCellsAsItsHead() {
    RatioTable table =
        new RatioTable(
            Origin.of("bench/run ratio"), List.of("cpu (2 threads)"), 1, List.of(row(0.5, 0, 0.7)));
    assertThat(table.markdown().lines().filter(line -> line.startsWith("|")))
        .hasSize(3)
        .allSatisfy(line -> assertThat(line.chars().filter(c -> c == '|').count()).isEqualTo(15));
  }

  private static RatioTable.Row row(double ratio, double others, double goal) {
    return row("HEAP", 1, ratio, others, goal);
  }

  private static RatioTable.Row row(
      String memory, int copies, double ratio, double others, double goal) {
    return new RatioTable.Row(
        "cpu",
        "CrossEntropyForward",
        "4096x32000",
        "FLOAT32",
        memory,
        copies,
        "",
        524_288_000,
        40e6,
        "sum",
        30e6,
        ratio,
        0.74,
        0.76,
        0.77,
        others,
        goal,
        5,
        70);
  }
}
