package dev.batchloss.evaluate;

import dev.batchloss.BackendStatus;
import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.LossSummary;
import dev.batchloss.Outputs;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.io.ArrayOrder;
import dev.batchloss.io.NumericFile;
import dev.batchloss.loss.Loss;
import dev.batchloss.plan.ClassWeights;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.Plan;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.TargetKind;
import dev.batchloss.plan.TargetScan;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** One run of a {@link FileEvaluation}: files, phase 0, blocks, outputs. */
final class FileEvaluationRun {
  /** Long enough that a call costs nothing beside the reading, short enough to be read ahead. */
  private static final long BLOCK_BYTES = 32 << 20;

  /** Rows that are scattered in the file come in longer runs the more there are. */
  private static final long SCATTERED_BLOCK_BYTES = 128 << 20;

  /** The JVM lets as much native memory be taken as heap: a few blocks must fit in it. */
  private static final long BLOCKS_IN_MEMORY = 16;

  private static final double NANOS = 1e9;

  private final FileEvaluation options;
  private final BatchLoss engine;
  private final List<String> warnings = new ArrayList<>();

  /** By their names, in the order in which they ran. */
  private final Map<String, BackendStatus> backends = new LinkedHashMap<>();

  FileEvaluationRun(FileEvaluation options, BatchLoss engine) {
    this.options = options;
    this.engine = engine;
  }

  FileEvaluationResult run() throws IOException {
    long started = System.nanoTime();
    try (EvaluationFiles files = new EvaluationFiles(options)) {
      Loss loss = files.loss();
      Plan plan = loss.plan();
      requireMeaning(plan, files);
      try (OutputFiles outputs = new OutputFiles(options, files)) {
        TargetScan scan = TargetCheck.run(files, plan);
        LossSummary summary = evaluate(loss, plan, files, outputs, scan);
        double seconds = (System.nanoTime() - started) / NANOS;
        outputs.commit();
        return new FileEvaluationResult(
            summary,
            options.metrics(),
            files.targetKind(),
            List.copyOf(backends.values()),
            engine.passedOver(),
            warnings,
            files.input().header().bytes(),
            seconds);
      }
    }
  }

  /**
   * Every block is summed and its gradient scaled by the denominator of all rows, which gives the
   * bits that one call over all rows would.
   */
  private LossSummary evaluate(
      Loss loss, Plan plan, EvaluationFiles files, OutputFiles outputs, TargetScan scan)
      throws IOException {
    Loss sum = loss.withReduction(Reduction.SUM);
    double upstream = 1 / loss.reduction().denominatorFor(scan.weightSum().value(), files.outer());
    RowBlocks blocks = new RowBlocks(files.shape(), files.classAxis(), mostRows(files));
    ProbabilityLikeness likeness = new ProbabilityLikeness();
    BadRowSearch badRows = new BadRowSearch(files, plan);
    List<LossSummary> total = new ArrayList<>();
    try (Arena arena = Arena.ofShared();
        BlockPipeline pipeline =
            new BlockPipeline(blocks, buffers(files, outputs, blocks, arena))) {
      pipeline.forEach(
          buffer -> {
            RowBlock block = buffer.block();
            likeness.accept(block.firstRow(), buffer.matrix());
            LossResult result;
            try {
              result = evaluate(sum, buffer, outputsOf(buffer, upstream));
            } catch (InvalidDataException e) {
              throw badRows.explain(buffer, e);
            }
            LossSummary summary = result.summary();
            result.backends().forEach(backend -> backends.put(backend.name(), backend));
            total.add(total.isEmpty() ? summary : total.removeLast().merge(summary));
            options.progress().onRows(block.firstRow() + block.rows(), blocks.rows());
          },
          outputs::write);
    }
    LossSummary summary = total.getFirst().withReduction(loss.reduction()).withOuter(files.outer());
    warn(plan, files, likeness, summary);
    return summary;
  }

  private LossResult evaluate(Loss loss, RowBlockBuffer buffer, Outputs outputs) {
    Targets targets = buffer.targets();
    return targets == null
        ? engine.evaluate(loss, buffer.matrix(), outputs)
        : engine.evaluate(loss, buffer.matrix(), targets, outputs);
  }

  private Outputs outputsOf(RowBlockBuffer buffer, double upstream) {
    Matrix gradient = buffer.gradient();
    Matrix rowLosses = buffer.rowLosses();
    Outputs wanted =
        gradient == null
            ? Outputs.lossOnly()
            : Outputs.gradientInto(gradient).withUpstream(upstream);
    wanted = rowLosses == null ? wanted : wanted.withRowLossesInto(rowLosses);
    return wanted.withMetrics(options.metrics());
  }

  private static List<RowBlockBuffer> buffers(
      EvaluationFiles files, OutputFiles outputs, RowBlocks blocks, Arena arena) {
    long count = Math.min(blocks.size(), outputs.areWanted() ? 3 : 2);
    return Stream.generate(() -> new RowBlockBuffer(files, outputs, blocks.mostRows(), arena))
        .limit(count)
        .toList();
  }

  private long mostRows(EvaluationFiles files) {
    Long wanted = options.blockRows();
    if (wanted != null) {
      return wanted;
    }
    boolean scattered =
        files.input().header().arrayOrder() == ArrayOrder.FORTRAN
            || files.classAxis() < files.shape().length - 1;
    long most =
        Math.min(
            scattered ? SCATTERED_BLOCK_BYTES : BLOCK_BYTES,
            Runtime.getRuntime().maxMemory() / BLOCKS_IN_MEMORY);
    int elementBytes = files.input().type().bytes();
    TargetFile targets = files.targets();
    if (targets != null && targets.kind() != TargetKind.CLASSES) {
      elementBytes += targets.file().type().bytes();
    }
    NumericFile elementWeights = files.elementWeights();
    if (elementWeights != null) {
      elementBytes += elementWeights.type().bytes();
    }
    return Math.max(1, most / ((long) files.classes() * elementBytes));
  }

  private static void requireMeaning(Plan plan, EvaluationFiles files) {
    TargetFile targets = files.targets();
    if (plan.ignoredClass() != null
        && targets != null
        && targets.kind() == TargetKind.PROBABILITIES) {
      throw new IllegalArgumentException(
          "an ignored class (%d) means nothing with the probability targets of %s"
              .formatted(plan.ignoredClass(), targets.file().name()));
    }
    ClassWeights weights = plan.targetWeights();
    if (weights != null && weights.classes() != files.classes()) {
      throw new InvalidDataException(
          "%s: has %d classes, the loss has %d class weights"
              .formatted(files.input().name(), files.classes(), weights.classes()));
    }
  }

  private void warn(
      Plan plan, EvaluationFiles files, ProbabilityLikeness likeness, LossSummary summary) {
    for (BackendStatus backend : backends.values()) {
      if (!backend.available()) {
        warnings.add(
            "%s %s; %s did what it had not finished"
                .formatted(
                    backend.name(), backend.reason(), List.copyOf(backends.keySet()).getLast()));
      }
    }
    if (plan instanceof RowPlan rows
        && rows.input().kind() == InputKind.LOGITS
        && files.classes() > 1
        && likeness.isLikely()) {
      warnings.add(
          "%s: the first rows look like probabilities (within 0..1, sums of 1) but are read as logits"
              .formatted(files.input().name()));
    }
    if (summary.rows() == 0) {
      warnings.add("%s: has no rows".formatted(files.input().name()));
    } else if (summary.counted() == 0) {
      warnings.add(
          "%s: every target is %d, the ignored class: no row is counted"
              .formatted(
                  Objects.requireNonNull(files.targets()).file().name(),
                  Objects.requireNonNull(plan.ignoredClass())));
    }
  }
}
