package dev.batchloss.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.batchloss.BatchLoss;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every cell of the table of losses and libraries in docs/semantics.md is what the code does. */
class SemanticsTableTest {
  private static final BatchLoss ENGINE = BatchLoss.open("scalar");

  @AfterAll
  static void close() {
    ENGINE.close();
  }

  private static Map<SemanticsLine.Place, SemanticsLine.Cell> checks() {
    Map<SemanticsLine.Place, SemanticsLine.Cell> checks = new LinkedHashMap<>();
    Stream.of(
            new CoreRowSemantics(ENGINE).lines(),
            new CoreElementSemantics(ENGINE).lines(),
            new CoreRegressionSemantics(ENGINE).lines(),
            new CorePairSemantics(ENGINE).lines(),
            new TorchSemantics(ENGINE).lines(),
            new KerasSemantics(ENGINE).lines(),
            new KerasRegressionSemantics(ENGINE).lines(),
            new SklearnSemantics(ENGINE).lines(),
            new OnnxSemantics(ENGINE).lines())
        .flatMap(lines -> lines)
        .forEach(
            line ->
                line.cells.forEach(
                    (column, cell) ->
                        assertThat(
                                checks.put(
                                    new SemanticsLine.Place(line.library, line.loss, column), cell))
                            .isNull()));
    return checks;
  }

  /** A cell without a check, a check without a cell, or another text: all are a difference. */
  @Test
  void theTableSaysWhatTheChecksAreWrittenFor() {
    Map<SemanticsLine.Place, String> checked = new LinkedHashMap<>();
    checks().forEach((place, cell) -> checked.put(place, cell.text()));
    assertThat(SemanticsTable.read()).containsExactlyInAnyOrderEntriesOf(checked);
  }

  @TestFactory
  Stream<DynamicTest> theCodeDoesWhatTheTableSays() {
    return checks().entrySet().stream()
        .map(
            entry ->
                dynamicTest(
                    entry.getKey() + ": " + entry.getValue().text(),
                    () -> entry.getValue().check().run()));
  }
}
