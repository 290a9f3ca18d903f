package dev.batchloss.bench;

import dev.batchloss.BackendStatus;
import dev.batchloss.BatchLoss;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;

/**
 * One report of everything: ceilings, losses against them, how cost grows, other libraries, a GPU.
 *
 * <pre>bench/run report --quick</pre>
 */
@Command(
    name = "bench/run report",
    sortOptions = false,
    description = {
      "Makes one report in Markdown and JSON, with charts as SVG.",
      "Takes more than an hour, and with --peers several; nothing else should run meanwhile."
    })
public final class FullReport extends ReportCommand {
  /** A device of this kind is the processors themselves. */
  private static final String IS_A_CPU = "a CPU";

  @Option(
      names = "--quick",
      description = "Fewer lines, each in one JVM for a short time: about a quarter of an hour.")
  private boolean quick;

  @Option(
      names = "--peers",
      description = "Other libraries too; fetches them after saying how much that is.")
  private boolean peers;

  @Option(
      names = "--shape",
      paramLabel = "ROWSxCLASSES",
      split = ",",
      description =
          "Only these shapes against the ceiling and beside other libraries (default: all).")
  private List<String> shapes = List.of();

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      split = ",",
      description = "Only these backends (default: all that can run here).")
  private List<String> backends = List.of();

  @Option(
      names = "--classes",
      paramLabel = "COUNT",
      split = ",",
      defaultValue = "2,10,32,100,1000,10000,32000,128256",
      description = "The class counts over which cost is drawn (default: ${DEFAULT-VALUE}).")
  private List<Integer> classCounts = List.of();

  @Option(
      names = "--elements",
      paramLabel = "COUNT",
      defaultValue = "33554432",
      description = "The size of the matrices for that (default: ${DEFAULT-VALUE}).")
  private long elements;

  @Option(
      names = "--rounds",
      description =
          "How many JVMs measure each line (default: 1 with --quick, otherwise 3; 5 for"
              + " other libraries).")
  private int rounds;

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      defaultValue = "${env:BATCHLOSS_BENCH_TARGET:-.}/report",
      description = "Where report.md, report.json and the charts go (default: ${DEFAULT-VALUE}).")
  private Path out = Path.of("");

  @Option(
      names = "--projects",
      paramLabel = "FOLDER",
      defaultValue = "${env:BATCHLOSS_BENCH_TARGET:-bench/target}/../peers",
      description = "Where the peers' projects are (default: ${DEFAULT-VALUE}).")
  private Path projects = Path.of("");

  /** Runs the report; exits with 1 if it cannot be made, 4 if a backend is not available. */
  public static void main(String[] arguments) {
    System.setProperty("java.awt.headless", "true");
    execute(new FullReport(), arguments);
  }

  @Override
  public Integer call() throws IOException {
    Origin origin = Origin.of(command());
    List<BackendStatus> known = BatchLoss.backends();
    List<String> names =
        backends.isEmpty()
            ? known.stream().filter(BackendStatus::available).map(BackendStatus::name).toList()
            : backends;
    Effort effort = (quick ? Effort.QUICK : Effort.FULL).withRounds(rounds);
    RatioTable ratios = new RatioMeasurement(effort, 0).measure(origin, lines(names));
    List<Growth> growth = growth(origin, names);
    PeerTable others = peers ? others(origin) : null;
    if (others != null) {
      growth.set(0, GrowthMeasurement.withPeers(growth.getFirst(), others));
    }
    GpuTable gpu = gpu(origin, known);
    Report report =
        new Report(
            origin,
            known.stream().map(FullReport::text).toList(),
            CeilingLine.of(ratios.rows()),
            ratios,
            growth,
            others,
            gpu,
            withoutGpu(known));
    report.write(out);
    progress("the report is %s", out.resolve("report.md").toAbsolutePath().normalize());
    return ExitCode.OK;
  }

  /** The lines of the ratio report; a backend that is for reference only has none. */
  private List<RatioCase> lines(List<String> names) {
    List<RatioCase> lines =
        names.stream()
            .filter(name -> name.equals("cpu") || RatioCase.isOpenCl(name))
            .flatMap(name -> (quick ? RatioCase.quick(name) : RatioCase.all(name)).stream())
            .filter(line -> shapes.isEmpty() || shapes.contains(line.shape()))
            .toList();
    return lines.isEmpty()
        ? shapes.stream()
            .map(shape -> RatioCase.of(names.getFirst(), CrossEntropyForward.class, shape))
            .toList()
        : lines;
  }

  private List<Growth> growth(Origin origin, List<String> names) {
    GrowthMeasurement measurement =
        new GrowthMeasurement(origin, (quick ? Effort.GLANCE : Effort.FULL).withRounds(rounds));
    List<Growth> growth = new ArrayList<>();
    growth.add(measurement.withClasses(names, elements, classCounts));
    growth.add(measurement.withRows());
    growth.add(measurement.withThreads(RatioCase.LARGE));
    return growth;
  }

  private PeerTable others(Origin origin) throws IOException {
    Set<String> all = new LinkedHashSet<>(shapes.isEmpty() ? RatioCase.SHAPES : shapes);
    all.addAll(GrowthMeasurement.shapes(elements, classCounts).values());
    Duration limit = Duration.ofMinutes(5);
    PeerMeasurement measurement =
        quick
            ? PeerMeasurement.quick(projects, 0, rounds, limit)
            : PeerMeasurement.full(projects, 0, rounds, limit);
    return measurement.measure(origin, PeerCase.all(), List.copyOf(all));
  }

  private static @Nullable GpuTable gpu(Origin origin, List<BackendStatus> known)
      throws IOException {
    if (known.stream().noneMatch(status -> isCuda(status) && status.available())) {
      return null;
    }
    try (GpuMeasurement measurement = GpuMeasurement.open(0)) {
      return measurement.isEmulated() ? null : measurement.measure(origin);
    }
  }

  /** Returns a line for CUDA and one for OpenCL, unless there is a GPU for it. */
  static List<String> withoutGpu(List<BackendStatus> known) {
    List<String> lines = new ArrayList<>();
    List<BackendStatus> cuda = known.stream().filter(FullReport::isCuda).toList();
    List<BackendStatus> openCl =
        known.stream().filter(status -> RatioCase.isOpenCl(status.name())).toList();
    if (cuda.stream().noneMatch(FullReport::isGpu)) {
      lines.add("No row of a CUDA GPU: " + reasons(cuda));
    }
    lines.add(
        openCl.stream().noneMatch(FullReport::isGpu)
            ? "No row of an OpenCL GPU: " + reasons(openCl)
            : "The rows of an OpenCL GPU are among the losses against the ceiling.");
    return List.copyOf(lines);
  }

  private static boolean isCuda(BackendStatus status) {
    return status.name().startsWith("cuda");
  }

  private static boolean isGpu(BackendStatus status) {
    String words = text(status);
    return status.available() && Stream.of(IS_A_CPU, "emulated").noneMatch(words::contains);
  }

  private static String reasons(List<BackendStatus> statuses) {
    return statuses.isEmpty()
        ? "there is no such backend"
        : String.join("; ", statuses.stream().map(FullReport::text).toList());
  }

  private static String text(BackendStatus status) {
    String name = status.available() ? status.name() : status.name() + ": not available";
    return Stream.of(name, status.detail(), Objects.requireNonNullElse(status.reason(), ""))
        .filter(part -> !part.isEmpty())
        .collect(Collectors.joining(": "));
  }
}
