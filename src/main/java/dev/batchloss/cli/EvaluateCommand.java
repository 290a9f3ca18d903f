package dev.batchloss.cli;

import dev.batchloss.BatchLoss;
import dev.batchloss.Metric;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.InvalidTargetException;
import dev.batchloss.evaluate.FileEvaluation;
import dev.batchloss.evaluate.FileEvaluationResult;
import dev.batchloss.plan.TargetKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Evaluates a loss over files. */
@Command(
    name = "evaluate",
    description = "Evaluates a loss and metrics over files of predictions and targets.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false,
    footer = {
      "",
      "F is a .npy file, or a member of a .npz file as FILE.npz:NAME. Files may be",
      "larger than memory. Targets with one axis less than the predictions (or a",
      "last axis of 1) are classes, with the same shape they are probabilities.",
      "",
      "Examples:",
      "  batchloss evaluate --logits logits.npy --targets labels.npy",
      "  batchloss evaluate --logits run.npz:logits --targets run.npz:labels \\",
      "      --ignore-index -100 --label-smoothing 0.1 --metrics top3,ece --json",
      "  batchloss evaluate --probabilities p.npy --targets labels.npy \\",
      "      --per-row losses.npy",
      "  batchloss evaluate --loss softmax-focal --gamma 3 --logits logits.npy \\",
      "      --targets labels.npy",
      "  batchloss evaluate --logits NxCxHxW.npy --class-axis 1 \\",
      "      --targets NxHxW.npy --gradient gradient.npy --backend cpu --threads 8",
      "",
      "Exit codes:",
      "  0  done",
      "  1  something failed, for instance a file is missing or cannot be written",
      "  2  wrong usage",
      "  3  the data is bad; the message names file, row and value",
      "  4  the backend that was asked for is not available"
    })
final class EvaluateCommand implements Callable<Integer> {
  private final Console console;

  @Spec private CommandSpec spec;

  @ArgGroup(multiplicity = "1")
  private Predictions predictions;

  @Option(
      names = "--targets",
      paramLabel = "F",
      description = "The targets; needed unless the loss takes none.")
  private @Nullable String targets;

  @Mixin private LossOptions loss = new LossOptions();

  @Option(
      names = "--target-kind",
      paramLabel = "KIND",
      converter = Choice.OfTargetKind.class,
      description = "classes or probabilities; unless given, the shape of the targets tells.")
  private @Nullable TargetKind targetKind;

  @Option(
      names = "--class-axis",
      paramLabel = "A",
      description = "The axis of the classes, from 0; -1, the last one, unless given.")
  private @Nullable Integer classAxis;

  @Option(names = "--bfloat16", description = "Reads uint16 predictions as bfloat16.")
  private boolean bfloat16;

  @Option(
      names = "--metrics",
      paramLabel = "M",
      split = ",",
      description =
          "Any of accuracy, top5 (or any number), perplexity, entropy, mrr, brier, ece, per-class;"
              + " unless given, those of accuracy,top5,perplexity,entropy that mean something for"
              + " the loss.")
  private @Nullable List<String> metrics;

  @Option(
      names = "--per-row",
      paramLabel = "OUT.npy",
      description = "Writes the loss of each row, float64 in the shape of the targets.")
  private @Nullable Path perRow;

  @Option(
      names = "--gradient",
      paramLabel = "OUT.npy",
      description = "Writes the derivative of the loss, in the predictions' shape and type.")
  private @Nullable Path gradient;

  @Option(
      names = "--backend",
      paramLabel = "B",
      description = "auto, cpu, scalar or another that 'batchloss devices' lists.")
  private @Nullable String backend;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "0",
      description = "How many threads compute; 0, as many as there are processors, unless given.")
  private int threads;

  @Option(
      names = "--chunk-rows",
      paramLabel = "N",
      description = "How many rows are in memory at once; changes no result.")
  private @Nullable Long chunkRows;

  @Option(names = "--json", description = "Prints a JSON object.")
  private boolean json;

  @Option(
      names = "--quiet",
      description = "Prints the loss alone, and no warnings or progress; with --json the object.")
  private boolean quiet;

  EvaluateCommand(Console console) {
    this.console = console;
  }

  /** What the predictions are, and their file. */
  private static final class Predictions {
    @Option(names = "--logits", paramLabel = "F", required = true, description = "Logits.")
    private @Nullable String logits;

    @Option(
        names = "--probabilities",
        paramLabel = "F",
        required = true,
        description = "Probabilities; each row must sum to 1 within 0.001.")
    private @Nullable String probabilities;

    @Option(
        names = "--log-probabilities",
        paramLabel = "F",
        required = true,
        description = "Logarithms of probabilities, used as they are.")
    private @Nullable String logProbabilities;

    @Option(
        names = "--predictions",
        paramLabel = "F",
        required = true,
        description = "Values that are compared with the targets themselves.")
    private @Nullable String values;

    private PredictionKind kind() {
      return logits != null
          ? PredictionKind.LOGITS
          : probabilities != null
              ? PredictionKind.PROBABILITIES
              : logProbabilities != null
                  ? PredictionKind.LOG_PROBABILITIES
                  : PredictionKind.PREDICTIONS;
    }

    private @Nullable String file() {
      return switch (kind()) {
        case LOGITS -> logits;
        case PROBABILITIES -> probabilities;
        case LOG_PROBABILITIES -> logProbabilities;
        case PREDICTIONS -> values;
      };
    }
  }

  /** The command with the options of every loss. */
  static CommandLine with(Console console) {
    CommandLine command = new CommandLine(new EvaluateCommand(console));
    LossOptions.addTo(command);
    return command;
  }

  @Override
  public Integer call() throws IOException {
    RowProgress progress = new RowProgress(console, System::nanoTime);
    FileEvaluation.Builder evaluation = evaluation();
    if (!quiet) {
      evaluation.progress(progress);
    }
    FileEvaluationResult result;
    try (progress;
        BatchLoss engine = engine()) {
      result = evaluation.build().run(engine);
    } catch (InvalidTargetException e) {
      throw new InvalidDataException(targets + ": " + e.getMessage() + hint(e), e);
    }
    print(result);
    return ExitCodes.DONE;
  }

  private FileEvaluation.Builder evaluation() {
    FileEvaluation.Builder evaluation = FileEvaluation.builder().input(predictions.file());
    loss.applyTo(evaluation, predictions.kind());
    if (targets != null) {
      evaluation.targets(targets);
    }
    requireTargets(loss.entry());
    if (targetKind != null) {
      evaluation.targetKind(targetKind);
    }
    if (classAxis != null) {
      evaluation.classAxis(classAxis);
    }
    if (bfloat16) {
      evaluation.uint16AsBfloat16();
    }
    if (perRow != null) {
      evaluation.rowLossesTo(perRow);
    }
    if (gradient != null) {
      evaluation.gradientTo(gradient);
    }
    if (chunkRows != null) {
      require(chunkRows >= 1, "--chunk-rows is " + chunkRows + ", must be at least 1");
      evaluation.blockRows(chunkRows);
    }
    return evaluation.metrics(wantedMetrics());
  }

  private BatchLoss engine() {
    require(threads >= 0, "--threads is " + threads + ", must not be negative");
    BatchLoss.Builder engine = BatchLoss.builder().threads(threads);
    return (backend == null ? engine : engine.backend(backend)).open();
  }

  private void requireTargets(LossEntry entry) {
    if (entry.targets().isEmpty()) {
      require(targets == null, entry.name() + " takes no --targets");
      require(targetKind == null, entry.name() + " takes no --target-kind: it has no targets");
    } else {
      require(
          targets != null,
          "Missing required option: '--targets=F': %s takes %s"
              .formatted(entry.name(), String.join(" or ", entry.targetNames())));
      require(
          targetKind == null || entry.targets().contains(targetKind),
          "%s takes no targets of the --target-kind %s, but %s"
              .formatted(
                  entry.name(),
                  String.valueOf(targetKind).toLowerCase(Locale.ROOT),
                  String.join(" or ", entry.targetNames())));
    }
  }

  /** An empty list asks for none. */
  private List<Metric> wantedMetrics() {
    return loss.metrics(List.of("").equals(metrics) ? List.of() : metrics);
  }

  private void print(FileEvaluationResult result) {
    EvaluationReport report = new EvaluationReport(result);
    if (json) {
      console.print(Json.text(report.json()));
    } else if (quiet) {
      console.print(Double.toString(result.loss()));
    } else {
      console.print(report.table());
      result.warnings().forEach(warning -> console.report("warning: " + warning));
    }
  }

  private static String hint(InvalidTargetException e) {
    return e.value() >= 0 ? "" : "; --ignore-index %d leaves such rows out".formatted(e.value());
  }

  private void require(boolean holds, String message) {
    if (!holds) {
      throw new ParameterException(spec.commandLine(), message);
    }
  }
}
