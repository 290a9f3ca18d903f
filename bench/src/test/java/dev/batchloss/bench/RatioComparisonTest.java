package dev.batchloss.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RatioComparisonTest {
  private static final String FORWARD = "CrossEntropyForward";
  private static final String LARGE = "4096x32000";

  /** Half the bytes in half the time and the same share of the ceiling: twice the elements. */
  @Test
  void narrowElementsAreHeldToMoreOfThemASecond() {
    RatioTable.Row plain = row(FORWARD, LARGE, "FLOAT32", "", 4000, 0.8);
    RatioTable.Row narrow = row(FORWARD, LARGE, "BFLOAT16", "", 2000, 0.8);
    assertThat(RatioComparison.of(List.of(plain, narrow)))
        .singleElement()
        .satisfies(
            one -> {
              assertThat(one.byTime()).isEqualTo(2);
              assertThat(one.byShare()).isEqualTo(2);
              assertThat(one.markdown())
                  .isEqualTo(
                      "| cpu | CrossEntropyForward | 4096×32000 | BFLOAT16 | heap | FLOAT32 | 2.00"
                          + " | **2.00** | 1.60 met |");
            });
  }

  @Test
  void whatMetricsAndSmoothingCostIsLimited() {
    RatioTable.Row plain = row(FORWARD, LARGE, "FLOAT32", "", 1000, 0.8);
    List<RatioComparison> all =
        RatioComparison.of(
            List.of(
                plain,
                row("CrossEntropyLabelSmoothing", LARGE, "FLOAT32", "", 1112, 0.72),
                row("CrossEntropyMetrics", LARGE, "FLOAT32", "accuracy", 1112, 0.72)));
    assertThat(all).extracting(RatioComparison::markdown).hasSize(2);
    assertThat(all.getFirst().markdown()).endsWith("| 0.91 missed |");
    assertThat(all.getLast().markdown())
        .startsWith("| cpu | CrossEntropyMetrics accuracy | 4096×32000 |")
        .endsWith("| 0.87 met |");
  }

  /** 8192×1000 has fewer elements than 8192×1024: as long for it is slower. */
  @Test
  void anAlignedNeighbourIsComparedByElement() {
    RatioTable.Row odd = row(FORWARD, "8192x1000", "FLOAT32", "", 1024, 0.5);
    RatioTable.Row aligned = row(FORWARD, "8192x1024", "FLOAT32", "", 1024, 0.5);
    assertThat(RatioComparison.of(List.of(odd, aligned)))
        .singleElement()
        .satisfies(one -> assertThat(one.byTime()).isEqualTo(1000.0 / 1024));
  }

  @Test
  void nothingIsComparedWithoutItsNeighbour() {
    assertThat(RatioComparison.of(List.of(row(FORWARD, LARGE, "FLOAT16", "", 1, 1)))).isEmpty();
  }

  private static RatioTable.Row row(
      String question, String shape, String type, String metrics, double nanos, double ratio) {
    long bytes = Shape.parse(shape).elements() * (type.equals("FLOAT32") ? 4 : 2);
    return new RatioTable.Row(
        "cpu",
        question,
        shape,
        type,
        "HEAP",
        1,
        metrics,
        bytes,
        nanos,
        "sum",
        nanos * ratio,
        ratio,
        ratio,
        ratio,
        ratio,
        0,
        Double.NaN,
        5,
        50);
  }
}
