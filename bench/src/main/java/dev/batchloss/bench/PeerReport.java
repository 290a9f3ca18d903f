package dev.batchloss.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * batchloss beside other libraries on the same data: each is checked against the definition, then
 * timed by turns with the memory's ceiling, in a JVM of its own.
 *
 * <pre>bench/run peers --quick</pre>
 */
@Command(
    name = "bench/run peers",
    sortOptions = false,
    description = {
      "Times the mean cross-entropy, and its gradient, of batchloss and of other libraries, and"
          + " prints Markdown on standard output.",
      "Fetches the libraries with Maven, after saying how much that is. One that cannot be fetched,"
          + " fails, or computes something else has a line that says so."
    })
public final class PeerReport implements Callable<Integer> {
  @Option(
      names = "--quick",
      description = "Few and short iterations in one JVM a line: shows that everything runs.")
  private boolean quick;

  @Option(
      names = "--only",
      paramLabel = "TEXT",
      description =
          "Only what has this in its name, such as 'libtorch'; several times: any of these."
              + " batchloss is always among them.")
  private List<String> only = List.of();

  @Option(
      names = "--shape",
      paramLabel = "ROWSxCLASSES",
      split = ",",
      defaultValue = "4096x32000,512x128256,8192x1000,1000000x10,65536x2",
      description = "The shapes, separated by commas (default: ${DEFAULT-VALUE}).")
  private List<String> shapes = List.of();

  @Option(
      names = "--threads",
      defaultValue = "0",
      description = "Threads for everyone; 0 (the default): one a processor.")
  private int threads;

  @Option(
      names = "--rounds",
      description = "How many JVMs measure each line (default: 1 with --quick, otherwise 5).")
  private int rounds;

  @Option(
      names = "--limit",
      paramLabel = "SECONDS",
      defaultValue = "300",
      description = "A JVM is ended after this time (default: ${DEFAULT-VALUE}).")
  private int limit;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      defaultValue = "${env:BATCHLOSS_BENCH_TARGET:-.}/peers.json",
      description = "Where the same goes as JSON (default: ${DEFAULT-VALUE}).")
  private Path json = Path.of("");

  @Option(
      names = "--projects",
      paramLabel = "FOLDER",
      defaultValue = "${env:BATCHLOSS_BENCH_TARGET:-bench/target}/../peers",
      description = "Where the peers' projects are (default: ${DEFAULT-VALUE}).")
  private Path projects = Path.of("");

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Print this and exit.")
  private boolean help;

  /** Runs the report; exits with 1 if it cannot be made. */
  public static void main(String[] arguments) {
    CommandLine line = new CommandLine(new PeerReport());
    line.setExecutionExceptionHandler(
        (failure, command, parsed) -> {
          command.getErr().println("bench/run peers: " + failure.getMessage());
          return ExitCode.SOFTWARE;
        });
    System.exit(line.execute(arguments));
  }

  @Override
  public Integer call() throws IOException {
    List<PeerCase> cases = selected();
    shapes.forEach(Shape::parse);
    int everyone = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    int times = rounds > 0 ? rounds : quick ? 1 : 5;
    PeerBuild build = new PeerBuild(projects.toAbsolutePath().normalize());
    Map<PeerLibrary, String> missing = build(build, cases);
    String started = OffsetDateTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.SECONDS).toString();
    double load = Machine.load();
    List<PeerLines> lines = new ArrayList<>();
    for (String shape : shapes) {
      cases.forEach(peer -> lines.add(new PeerLines(peer, shape)));
    }
    for (int round = 1; round <= times; round++) {
      for (PeerLines one : lines) {
        Optional<PeerLibrary> library = one.peer().library();
        if (library.isPresent() && missing.containsKey(library.get())) {
          one.fail("missing: " + missing.get(library.get()));
        } else {
          List<Path> jars = library.isPresent() ? build.classPath(library.get()) : List.of();
          one.add(process(one, jars, everyone).run());
        }
        System.err.printf("round %d of %d: %s%n", round, times, one.progress());
      }
    }
    PeerTable table =
        new PeerTable(
            command(),
            started,
            Machine.here(),
            everyone,
            load,
            times,
            lines.stream().flatMap(one -> one.rows().stream()).toList());
    write(table);
    System.out.print(table.markdown());
    return ExitCode.OK;
  }

  private PeerProcess process(PeerLines line, List<Path> jars, int everyone) {
    return new PeerProcess(
        line.peer().className(),
        jars,
        line.shape(),
        everyone,
        quick ? 3 : 5,
        Duration.ofMillis(quick ? 500 : 1000),
        Duration.ofSeconds(limit));
  }

  private List<PeerCase> selected() {
    List<PeerCase> cases =
        PeerCase.all().stream()
            .filter(
                one ->
                    only.isEmpty()
                        || one.isBatchLoss()
                        || only.stream().anyMatch(text -> contains(one.name(), text)))
            .toList();
    if (!only.isEmpty() && cases.stream().allMatch(PeerCase::isBatchLoss)) {
      throw new IllegalArgumentException(
          "--only is %s, must be part of one of %s"
              .formatted(only, PeerCase.all().stream().map(PeerCase::name).toList()));
    }
    return cases;
  }

  private static boolean contains(String name, String text) {
    return name.toLowerCase(Locale.ROOT).contains(text.toLowerCase(Locale.ROOT));
  }

  /** Returns the libraries that cannot be used, each with the reason. */
  private static Map<PeerLibrary, String> build(PeerBuild build, List<PeerCase> cases)
      throws IOException {
    List<PeerLibrary> libraries =
        cases.stream().flatMap(peer -> peer.library().stream()).distinct().toList();
    Map<PeerLibrary, String> missing = new EnumMap<>(PeerLibrary.class);
    if (!libraries.isEmpty()) {
      System.err.println("bench/run peers: " + PeerBuild.announcement(libraries));
    }
    for (PeerLibrary library : libraries) {
      build.build(library).ifPresent(reason -> missing.put(library, reason));
    }
    return missing;
  }

  private String command() {
    StringBuilder text = new StringBuilder("bench/run peers");
    if (quick) {
      text.append(" --quick");
    }
    only.forEach(part -> text.append(" --only '").append(part).append('\''));
    text.append(" --shape ").append(String.join(",", shapes));
    if (threads != 0) {
      text.append(" --threads ").append(threads);
    }
    if (rounds != 0) {
      text.append(" --rounds ").append(rounds);
    }
    return text.toString();
  }

  private void write(PeerTable table) throws IOException {
    Path target = json.toAbsolutePath();
    Path unfinished = Files.createTempFile(target.getParent(), "peers", ".json");
    JsonMapper mapper = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    mapper.writeValue(unfinished, table);
    Files.move(unfinished, target, StandardCopyOption.REPLACE_EXISTING);
  }
}
