package dev.batchloss.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.BackendStatus;
import dev.batchloss.bench.Growth.Point;
import dev.batchloss.bench.Growth.Unit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.w3c.dom.Document;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The report, made of figures that nobody measured. */
class ReportTest {
  private static final Origin ORIGIN =
      new Origin(
          "bench/run report",
          "2026-01-01T00:00Z",
          "abc1234-dirty",
          new Machine("a processor", 2, "Linux amd64", "a JVM 25", List.of("-Xmx1g")),
          0.25);
  private static final String WITHOUT_CUDA = "No row of a CUDA GPU: cuda: not available: no driver";

  @TempDir private Path folder;

  @Test
  void everyChartThatTheTextShowsIsThere() throws IOException {
    report().write(folder.resolve("new"));
    String text = Files.readString(folder.resolve("new/report.md"));
    List<String> shown =
        text.lines()
            .filter(line -> line.startsWith("!["))
            .map(line -> line.substring(line.indexOf('(') + 1, line.length() - 1))
            .toList();
    assertThat(shown).containsExactly("classes-loss.svg", "classes-loss-and-gradient.svg");
    try (Stream<Path> files = Files.list(folder.resolve("new"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "report.md", "report.json", "classes-loss.svg", "classes-loss-and-gradient.svg");
    }
  }

  @Test
  void aChartHasALineForWhoeverComputedIt() {
    XYChart chart = GrowthChart.chart(report().growth().getFirst(), "loss");
    assertThat(chart.getSeriesCollection())
        .extracting(XYSeries::getName)
        .containsExactlyInAnyOrder("cpu", "sum", "another library");
    assertThat(chart.getSeries("cpu").getXData()).containsExactly(10, 1000);
    assertThat(chart.getSeries("cpu").getYData()).containsExactly(2, 4);
  }

  @Test
  void aChartIsSvg() throws Exception {
    report().write(folder);
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
    Document svg = factory.newDocumentBuilder().parse(folder.resolve("classes-loss.svg").toFile());
    assertThat(svg.getDocumentElement().getTagName()).isEqualTo("svg");
    assertThat(svg.getElementsByTagName("path").getLength()).isPositive();
  }

  @Test
  void theTextSaysWhereItWasMadeAndWhatTheMemoryAllowed() {
    assertThat(report().markdown())
        .contains(
            "`bench/run report`, 2026-01-01T00:00Z, commit abc1234-dirty.",
            "a processor, 2 processors, Linux amd64, a JVM 25 with `-Xmx1g`."
                + " Load average before: 0.25.",
            "- cpu: two threads",
            "| sum | 1000×10 FLOAT32 heap | 30.0 | 20.0–40.0 | 2 |",
            "| copy | 1000×10 FLOAT32 heap | 10.0 | 10.0–10.0 | 1 |",
            "Not measured; `--peers` fetches and times them.",
            "- " + WITHOUT_CUDA);
  }

  @Test
  void growthHasAColumnForEachPlaceAndAGapWhereNothingWasMeasured() {
    assertThat(report().markdown())
        .contains(
            "| computed | by | 10 | 1000 |",
            "| loss | cpu | 2.00 | 4.00 |",
            "| loss | another library | – | 0.500 |",
            "| loss and gradient | cpu | 1.00 | – |");
  }

  @Test
  void everyRowOfEveryTableHasAsManyCellsAsItsHead() {
    long cells = 0;
    for (String line : report().markdown().lines().toList()) {
      long now = line.startsWith("|") ? line.chars().filter(c -> c == '|').count() : 0;
      if (cells > 0 && now > 0) {
        assertThat(now).as(line).isEqualTo(cells);
      }
      cells = now;
    }
  }

  @Test
  void jsonHasTheSameFigures() throws IOException {
    report().write(folder);
    JsonNode json = JsonMapper.shared().readTree(Files.readString(folder.resolve("report.json")));
    assertThat(json.at("/origin/commit").asString()).isEqualTo("abc1234-dirty");
    assertThat(json.at("/ceilings/0/median").doubleValue()).isEqualTo(30);
    assertThat(json.at("/ratios/rows/0/lossNanos").doubleValue()).isEqualTo(2000);
    assertThat(json.at("/growth/0/points/0/nanos").doubleValue()).isEqualTo(2000);
    assertThat(json.at("/peers").isNull()).isTrue();
  }

  @Test
  void aFileIsReplacedAndNothingElseIsLeft() throws IOException {
    Path file = folder.resolve("deep/file.txt");
    ReportFile.writeText(file, "old");
    ReportFile.writeText(file, "new");
    assertThat(file).hasContent("new");
    try (Stream<Path> files = Files.list(file.getParent())) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void withoutAGpuEachKindHasALineWithTheReason() {
    assertThat(
            FullReport.withoutGpu(
                List.of(
                    new BackendStatus("cuda", false, false, "", "no driver"),
                    new BackendStatus(
                        "opencl:0", true, false, "a CPU, on which cpu is faster", null))))
        .containsExactly(
            WITHOUT_CUDA, "No row of an OpenCL GPU: opencl:0: a CPU, on which cpu is faster");
  }

  @Test
  void aGpuOfEitherKindIsNotCalledMissing() {
    assertThat(
            FullReport.withoutGpu(
                List.of(
                    new BackendStatus("cuda:0", true, true, "a GPU", null),
                    new BackendStatus("opencl:0", true, false, "a GPU", null))))
        .containsExactly("The rows of an OpenCL GPU are among the losses against the ceiling.");
  }

  @Test
  void aCommandIsQuotedWhereAShellNeedsIt() {
    assertThat(ReportCommand.command("bench/run ratio", List.of("--quick", "--only", "a 'b'")))
        .isEqualTo("bench/run ratio --quick --only 'a '\\''b'\\'''");
  }

  private static Report report() {
    List<RatioTable.Row> rows =
        List.of(row("sum", 2000, 1000), row("sum", 2000, 2000), row("copy", 4000, 4000));
    Growth growth =
        new Growth(
            "classes",
            "all of the same size",
            Unit.GIGABYTES_PER_SECOND,
            List.of(
                new Point("cpu", "loss", 10, "100x10", 4000, 2000),
                new Point("cpu", "loss", 1000, "1x1000", 4000, 1000),
                new Point("sum", "loss", 10, "100x10", 4000, 100),
                new Point("another library", "loss", 1000, "1x1000", 4000, 8000),
                new Point("cpu", "loss and gradient", 10, "100x10", 4000, 4000)));
    return new Report(
        ORIGIN,
        List.of("cpu: two threads"),
        CeilingLine.of(rows),
        new RatioTable(ORIGIN, List.of("cpu (two threads)"), 1, rows),
        List.of(growth),
        null,
        null,
        List.of(WITHOUT_CUDA));
  }

  private static RatioTable.Row row(String ceiling, double lossNanos, double ceilingNanos) {
    return new RatioTable.Row(
        "cpu",
        "CrossEntropyForward",
        "1000x10",
        "FLOAT32",
        "HEAP",
        1,
        "",
        40_000,
        lossNanos,
        ceiling,
        ceilingNanos,
        0.5,
        0.4,
        0.6,
        0.5,
        0,
        Double.NaN,
        4,
        40);
  }
}
