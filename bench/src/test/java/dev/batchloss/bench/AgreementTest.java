package dev.batchloss.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AgreementTest {
  @ParameterizedTest
  @CsvSource({"1.15, yes", "1.16, no", "0.87, yes", "0.86, no"})
  void bothMayBeTheFasterByFifteenPercent(double ratio, String verdict) {
    assertThat(new Agreement.Row("8192x1000", "loss", ratio * 1e6, 1e6).markdown())
        .startsWith("| 8192×1000 | loss | ")
        .endsWith("| %s |".formatted(verdict));
  }

  @Test
  void onlyArraysAreReadFromTheCommandLine() {
    assertThat(
            AgreementReport.nanosOf(
                """
                {"results": [
                  {"memory": "heap", "task": "loss", "seconds": 0.5},
                  {"memory": "native", "task": "loss", "seconds": 0.25},
                  {"memory": "heap", "task": "gradient", "seconds": 2}]}
                """))
        .isEqualTo(Map.of("loss", 0.5e9, "gradient", 2e9));
  }
}
