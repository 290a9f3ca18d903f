package dev.batchloss.cli;

import dev.batchloss.BatchLoss;
import dev.batchloss.Metric;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.InvalidTargetException;
import dev.batchloss.evaluate.FileEvaluation;
import dev.batchloss.evaluate.FileEvaluationResult;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.TargetKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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

  @Option(names = "--targets", paramLabel = "F", required = true, description = "The targets.")
  private String targets;

  @Mixin private LossOptions loss = new LossOptions();

  @Option(
      names = "--target-kind",
      paramLabel = "KIND",
      converter = Choice.OfTargetKind.class,
      description = "classes or probabilities; unless given, the shape of the targets tells.")
  private @Nullable TargetKind targetKind;

  @Option(
      names = "--sample-weights",
      paramLabel = "F",
      description = "One weight a row, in the shape of class targets.")
  private @Nullable String sampleWeights;

  @Option(names = "--class-weights", paramLabel = "F", description = "One weight a class.")
  private @Nullable String classWeights;

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
      defaultValue = "accuracy,top5,perplexity,entropy",
      description =
          "Any of accuracy, top5 (or any number), perplexity, entropy, mrr, brier, ece, per-class;"
              + " ${DEFAULT-VALUE} unless given.")
  private List<String> metrics;

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
    FileEvaluation.Builder evaluation = FileEvaluation.builder().targets(targets);
    if (predictions.logits != null) {
      evaluation.input(predictions.logits).loss(loss.on(InputKind.LOGITS));
    } else if (predictions.probabilities != null) {
      evaluation.input(predictions.probabilities).loss(loss.on(InputKind.PROBABILITIES));
    } else {
      evaluation.input(predictions.logProbabilities).loss(loss.on(InputKind.LOG_PROBABILITIES));
    }
    if (targetKind != null) {
      evaluation.targetKind(targetKind);
    }
    if (sampleWeights != null) {
      evaluation.sampleWeights(sampleWeights);
    }
    if (classWeights != null) {
      evaluation.classWeights(classWeights);
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

  /** An empty list asks for none. */
  private List<Metric> wantedMetrics() {
    List<Metric> wanted = new ArrayList<>();
    if (!metrics.equals(List.of(""))) {
      metrics.forEach(name -> wanted.add(Metric.named(name.strip())));
    }
    return wanted;
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
