package dev.batchloss.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class FirstCallTest {
  @Test
  void aLineIsHeldAgainstTheFirst() {
    FirstCall report =
        new FirstCall(
            Origin.of("bench/run first-call"),
            "20x30",
            3,
            List.of(
                new FirstCall.Line("sums", 40e6, 30e6), new FirstCall.Line("takes", 100e6, 9e7)));
    assertThat(report.markdown())
        .contains("20×30, 3 processes of each kind.")
        .contains("| sums | 40 | 30 | 1.0 |\n| takes | 100 | 90 | 2.5 |\n");
  }
}
