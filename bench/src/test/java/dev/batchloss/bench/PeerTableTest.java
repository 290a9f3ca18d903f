package dev.batchloss.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PeerTableTest {
  private static final String SHAPE = "1000x10";
  private static final PeerCase OWN =
      new PeerCase("batchloss, array", Optional.empty(), BatchLossPeer.Heap.class.getName());
  private static final PeerCase SLOW = new PeerCase("slow", Optional.empty(), "Slow");
  private static final PeerCase FAST =
      new PeerCase("fast", Optional.of(PeerLibrary.LIBTORCH), "Fast");

  @Test
  void aLineIsMadeOfMediansOverAllJvms() {
    PeerTable.Row row =
        PeerTable.Row.measured(
            SLOW,
            SHAPE,
            List.of(run(PeerPass.FORWARD, 1e6, 3e6), run(PeerPass.FORWARD, 2e6, 5e6, 4e6)));
    assertThat(row.nanos()).isEqualTo(3e6);
    assertThat(row.rowsPerSecond()).isEqualTo(1000 / 3e-3);
    assertThat(row.iterations()).isEqualTo(5);
    assertThat(row.markdown())
        .isEqualTo(
            "| 1000×10 | loss | slow | 3.000 | 2.000–4.000 | 333,333 | 17% of a sum | 1e-07 | 2% |"
                + " v1 |");
  }

  @Test
  void whatIsMissingHasALineOfEachPassWithTheReason() {
    PeerLines lines = new PeerLines(FAST, SHAPE);
    lines.fail("missing: could not be fetched");
    assertThat(lines.rows())
        .extracting(PeerTable.Row::markdown)
        .containsExactly(
            "| 1000×10 | loss | fast | | | | | | | missing: could not be fetched |",
            "| 1000×10 | loss and gradient | fast | | | | | | | missing: could not be fetched |");
  }

  @Test
  void aPassThatWasMeasuredIsKeptWhenTheNextOneFails() {
    PeerLines lines = new PeerLines(FAST, SHAPE);
    lines.add(
        new PeerProcess.Outcome(
            List.of(run(PeerPass.FORWARD, 1e6)), "ended after its time limit of 300 s"));
    assertThat(lines.rows()).extracting(PeerTable.Row::isMeasured).containsExactly(true, false);
    assertThat(lines.rows().getLast().failure()).isEqualTo("ended after its time limit of 300 s");
  }

  @Test
  void batchLossIsHeldAgainstTheFastestOther() {
    PeerTable table =
        table(
            row(OWN, PeerPass.FORWARD, 1e6),
            row(OWN, PeerPass.GRADIENT_IN_PLACE, 2e6),
            row(SLOW, PeerPass.FORWARD, 9e6),
            row(FAST, PeerPass.FORWARD, 4e6),
            row(SLOW, PeerPass.GRADIENT, 8e6),
            PeerTable.Row.missing(FAST, SHAPE, PeerPass.GRADIENT, "wrong"));
    assertThat(table.comparisons())
        .extracting(PeerTable.Comparison::markdown)
        .containsExactly(
            "| 1000×10 | loss | batchloss, array | 1.000 | fast | 4.000 | **4.0×** | 4.0× |",
            "| 1000×10 | loss and gradient, in place | batchloss, array | 2.000 | slow | 8.000 |"
                + " **4.0×** |  |");
  }

  @Test
  void nothingIsComparedWhereNothingElseWasMeasured() {
    PeerTable table =
        table(
            row(OWN, PeerPass.FORWARD, 1e6),
            PeerTable.Row.missing(FAST, SHAPE, PeerPass.FORWARD, "missing"));
    assertThat(table.comparisons()).isEmpty();
    assertThat(table.markdown()).contains("| 1000×10 | loss | fast | | | | | | | missing |");
  }

  @Test
  void everyRowHasAsManyCellsAsItsHead() {
    PeerTable table =
        table(
            row(OWN, PeerPass.FORWARD, 1e6),
            row(SLOW, PeerPass.FORWARD, 2e6),
            PeerTable.Row.missing(FAST, SHAPE, PeerPass.FORWARD, "failed: a | b"));
    String[] parts = table.markdown().split("\n\n");
    assertThat(parts).hasSize(3);
    assertThat(parts[1].lines()).hasSize(3).allMatch(line -> cells(line) == 8);
    assertThat(parts[2].lines()).hasSize(5).allMatch(line -> cells(line) == 10);
  }

  @Test
  void theReasonOfAFailedBuildIsMavensFirstError() {
    assertThat(
            PeerBuild.reason(
                "[INFO] x\n"
                    + "[ERROR] Failed to execute goal: Could not resolve dependencies: Could not"
                    + " find artifact org.example:one:1 in central (https://example.org/m) -> [Help"
                    + " 1]\n"
                    + "[ERROR] Re-run Maven"))
        .isEqualTo("could not be built: Could not find artifact org.example:one:1 in central");
    assertThat(PeerBuild.reason("")).contains("without an error message");
  }

  @Test
  void theAnnouncementSaysHowMuchIsFetched() {
    assertThat(PeerBuild.announcement(List.of(PeerLibrary.ONNX_RUNTIME, PeerLibrary.LIBTORCH)))
        .endsWith("at most about 165 MB: onnxruntime 55 MB, libtorch 110 MB");
  }

  private static long cells(String line) {
    return line.chars().filter(c -> c == '|').count() - 1;
  }

  private static PeerTable table(PeerTable.Row... rows) {
    return new PeerTable(Origin.of("bench/run peers"), 2, 1, List.of(rows));
  }

  private static PeerTable.Row row(PeerCase peer, PeerPass pass, double nanos) {
    return PeerTable.Row.measured(peer, SHAPE, List.of(run(pass, nanos)));
  }

  private static PeerTimes.Run run(PeerPass pass, double... nanos) {
    List<PeerTimes.Iteration> iterations =
        Arrays.stream(nanos)
            .mapToObj(each -> new PeerTimes.Iteration(each, 5e5, 5e5 / each, 0.02, 7))
            .toList();
    return new PeerTimes.Run(pass, "v1", Memory.HEAP, 1e-7, iterations);
  }
}
