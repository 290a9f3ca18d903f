package dev.batchloss.cli;

import dev.batchloss.BackendStatus;
import dev.batchloss.BatchLoss;
import dev.batchloss.cli.Benchmark.Measurement;
import dev.batchloss.cli.Benchmark.Task;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Compares the backends on this machine. */
@Command(
    name = "bench",
    description = "Measures every available backend at one shape, and the memory's ceiling.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    footer = {
      "",
      "Mean cross-entropy of float32 logits: the loss alone, with its gradient in",
      "another matrix, and with its gradient in place; in arrays of the Java heap, and",
      "for a backend with a device also in native memory, which a device that shares",
      "it uses without copies, and in the device's own. The ceiling is what arrays of",
      "the heap allow: for the loss a sum of the logits, for the gradient a copy, in",
      "place a scaling.",
      "",
      "Examples:",
      "  batchloss bench",
      "  batchloss bench --shape 4096x32000 --backend cpu --json",
      "",
      "Exit codes:",
      "  0  done",
      "  1  something failed",
      "  2  wrong usage",
      "  4  the backend that was asked for is not available"
    })
final class BenchCommand implements Callable<Integer> {
  private static final Pattern SHAPE = Pattern.compile("([0-9]{1,10})[x×]([0-9]{1,10})");

  private final Console console;

  @Spec private CommandSpec spec;

  @Option(
      names = "--shape",
      paramLabel = "NxC",
      defaultValue = "8192x1000",
      description = "Rows and classes; ${DEFAULT-VALUE} unless given.")
  private String shape;

  @Option(
      names = "--backend",
      paramLabel = "B",
      description = "Only this one of those that 'batchloss devices' lists.")
  private @Nullable String backend;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "30",
      description = "About how long it takes; ${DEFAULT-VALUE} unless given.")
  private double seconds;

  @Option(names = "--json", description = "Prints a JSON object.")
  private boolean json;

  BenchCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Matcher lengths = SHAPE.matcher(shape);
    require(lengths.matches(), "--shape is " + shape + ", must be rows x classes, as 8192x1000");
    long rows = Long.parseLong(lengths.group(1));
    long classes = Long.parseLong(lengths.group(2));
    require(
        rows > 0 && classes > 0 && classes <= (Integer.MAX_VALUE - 8) / rows,
        "--shape is " + shape + ", must have at least 1 and less than 2^31 elements");
    require(seconds > 0, "--seconds is " + seconds + ", must be positive");

    List<BackendStatus> backends =
        backend == null ? BatchLoss.backends() : List.of(statusOf(backend));
    List<String> names =
        backends.stream().filter(BackendStatus::available).map(BackendStatus::name).toList();
    int measurements = Task.values().length * (1 + places(names));
    Benchmark benchmark = new Benchmark((int) rows, (int) classes, measurements, seconds);
    List<Measurement> memory = benchmark.memory();
    List<Measurement> results = new ArrayList<>();
    for (String name : names) {
      try (BatchLoss engine = BatchLoss.open(name)) {
        results.addAll(benchmark.run(engine));
      }
    }
    console.print(
        json
            ? Json.text(toJson(rows, classes, backends, memory, results))
            : toText(rows, classes, backends, memory, results));
    return ExitCodes.DONE;
  }

  private static int places(List<String> backends) {
    int places = 0;
    for (String name : backends) {
      try (BatchLoss engine = BatchLoss.open(name)) {
        places += Benchmark.places(engine).size();
      }
    }
    return places;
  }

  private static BackendStatus statusOf(String name) {
    try (BatchLoss engine = BatchLoss.open(name)) {
      return engine.backend();
    }
  }

  private static ObjectNode toJson(
      long rows,
      long classes,
      List<BackendStatus> backends,
      List<Measurement> memory,
      List<Measurement> results) {
    ObjectNode object = Json.object();
    object.putArray("shape").add(rows).add(classes);
    object.put("elementType", "float32");
    ObjectNode ceilings = object.putObject("ceiling");
    for (Measurement measured : memory) {
      ceilings.put(measured.task().label(), measured.bytesPerSecond());
    }
    ArrayNode array = object.putArray("results");
    for (Measurement result : results) {
      ObjectNode measured = array.addObject();
      measured
          .put("backend", result.backend())
          .put("memory", result.place().label())
          .put("task", result.task().label())
          .put("seconds", result.seconds())
          .put("rowsPerSecond", rows / result.seconds())
          .put("bytesPerSecond", result.bytesPerSecond())
          .put("ceilingShare", result.ceilingShare());
      result.kernelSeconds().ifPresent(time -> measured.put("kernelSeconds", time));
    }
    ObjectNode fastest = object.putObject("fastest");
    for (Task task : Task.values()) {
      fastest.put(task.label(), fastest(results, task));
    }
    ArrayNode missing = object.putArray("unavailable");
    for (BackendStatus status : backends) {
      if (!status.available()) {
        missing.addObject().put("backend", status.name()).put("reason", status.reason());
      }
    }
    return object;
  }

  private static String toText(
      long rows,
      long classes,
      List<BackendStatus> backends,
      List<Measurement> memory,
      List<Measurement> results) {
    TextTable table = new TextTable();
    table.row(
        "backend",
        "memory",
        "task",
        "median ms",
        "in kernels",
        "rows/s",
        "GB/s",
        "of the memory's ceiling");
    for (Measurement measured : memory) {
      table.row(
          measured.backend(),
          measured.place().label(),
          switch (measured.task()) {
            case LOSS -> "read";
            case GRADIENT -> "copy";
            case GRADIENT_IN_PLACE -> "scale in place";
          },
          number("%.3f", measured.seconds() * 1e3),
          "",
          "",
          number("%.2f", measured.bytesPerSecond() / 1e9),
          "");
    }
    for (Measurement result : results) {
      table.row(
          result.backend(),
          result.place().label(),
          switch (result.task()) {
            case LOSS -> "loss";
            case GRADIENT -> "loss and gradient";
            case GRADIENT_IN_PLACE -> "gradient in place";
          },
          number("%.3f", result.seconds() * 1e3),
          result.kernelSeconds().isEmpty()
              ? ""
              : number("%.3f", result.kernelSeconds().getAsDouble() * 1e3),
          number("%.4g", rows / result.seconds()),
          number("%.2f", result.bytesPerSecond() / 1e9),
          number("%.0f%%", 100 * result.ceilingShare()));
    }
    StringBuilder text = new StringBuilder();
    text.append("mean cross-entropy of %d×%d float32 logits\n\n".formatted(rows, classes));
    text.append(table).append('\n');
    for (BackendStatus status : backends) {
      if (!status.available()) {
        text.append("\nnot available: %s: %s".formatted(status.name(), status.reason()));
      }
    }
    text.append("\nfastest for the loss: %s".formatted(fastest(results, Task.LOSS)));
    text.append(", with the gradient: %s".formatted(fastest(results, Task.GRADIENT)));
    return text.toString();
  }

  private static @Nullable String fastest(List<Measurement> results, Task task) {
    return results.stream()
        .filter(result -> result.task() == task)
        .min(Comparator.comparingDouble(Measurement::seconds))
        .map(Measurement::backend)
        .orElse(null);
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  private void require(boolean holds, String message) {
    if (!holds) {
      throw new ParameterException(spec.commandLine(), message);
    }
  }
}
