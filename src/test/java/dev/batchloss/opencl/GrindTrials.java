package dev.batchloss.opencl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.BatchLoss;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CosineSimilarity;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.loss.LogitsKlDivergence;
import dev.batchloss.scalar.ScalarBackendProvider;
import dev.batchloss.spi.Backend;
import dev.batchloss.spi.BackendOptions;
import java.util.ArrayList;
import java.util.List;

/** A program that runs every kernel on Oclgrind and holds the results against scalar's. */
final class GrindTrials {
  private static final double PRECISION = 1e-5;

  /** Begins a line for each trial that was right. */
  static final String COMPARED = "compared: ";

  private GrindTrials() {}

  /** The calls of a kernel family; small, for Oclgrind takes a thousand times as long. */
  static List<RowTrial> trials(KernelFamily family) {
    List<RowTrial> trials = new ArrayList<>();
    // Along rows: a whole block, vectors and a rest of lanes.
    trials.addAll(RowTrials.ofRows(3, family == KernelFamily.CPU ? 1053 : 541).all());
    // Side by side, over more than one block; the last item has fewer lanes.
    trials.addAll(RowTrials.of(1, 19, 35).all());
    // Lanes that are not neighbours in memory.
    trials.add(RowTrials.of(7, 19, 5).everyTermOfClassTargets());
    trials.add(RowTrials.of(7, 19, 5).everyTermOfDistributions());
    // Short rows, through tiles on a GPU.
    trials.addAll(RowTrials.ofRows(37, 11).all());
    // Too long for tiles of doubles; for a row of doubles beside what a group of items needs.
    trials.add(RowTrials.ofRows(33, RowVariant.SHORT_ROW_OF_GPU).everyTermOfDistributions());
    trials.add(RowTrials.ofRows(2, 2048).everyTermOfDistributions());
    // A row of two segments.
    RowTrials segments = RowTrials.ofRows(1, RowVariant.SEGMENT + 4);
    trials.add(segments.plainLoss(ElementType.FLOAT32));
    trials.add(segments.gradientInPlace());
    trials.addAll(comparisons());
    return trials;
  }

  /** The calls that compare two matrices, whose kernels the families share. */
  static List<RowTrial> comparisons() {
    List<RowTrial> trials = new ArrayList<>();
    // A group a row, an item a row through all layouts, and a row of two segments.
    trials.addAll(RowTrials.ofRows(3, 131).comparisons());
    trials.addAll(RowTrials.ofRows(67, 5).comparisons());
    trials.addAll(RowTrials.of(3, 19, 5).comparisons());
    RowTrials segments = RowTrials.ofRows(2, ComparisonProgram.SEGMENT + 4);
    trials.add(segments.weightedElements());
    trials.add(
        segments.pairs(
            LogitsKlDivergence.builder().build(), ElementType.FLOAT32, ElementType.FLOAT32));
    return trials;
  }

  /** The same for a device that says it has no doubles. */
  static List<RowTrial> trialsWithoutDoubles() {
    List<RowTrial> trials = new ArrayList<>();
    for (RowTrials shape : List.of(RowTrials.ofRows(3, 300), RowTrials.of(1, 19, 35))) {
      trials.add(shape.everyTermOfClassTargets());
      trials.add(shape.cappedAndSoft());
      trials.add(shape.logProbabilitiesWithEntropies());
      trials.add(shape.normalizedBeforeClipping());
      trials.add(shape.weightedElements());
      trials.add(
          shape.pairs(
              CosineSimilarity.builder().build(), ElementType.FLOAT32, ElementType.FLOAT32));
    }
    return trials;
  }

  public static void main(String[] arguments) {
    requireOclgrindByName();
    Device device = TestDevice.find();
    run(device, trials(KernelFamily.of(device.description())));
    run(
        TestDevice.pretending(device, TestDevice.Description::withoutDoubles),
        trialsWithoutDoubles());
  }

  static Backend scalar() {
    return new ScalarBackendProvider().offers().getFirst().open(BackendOptions.DEFAULT);
  }

  /** By the way that callers come, phase 0 included. */
  private static void requireOclgrindByName() {
    try (BatchLoss engine = BatchLoss.open("opencl")) {
      assertThat(engine.backend().detail()).contains(Oclgrind.PLATFORM);
      double loss =
          engine
              .evaluate(
                  CrossEntropy.builder().build(),
                  Matrix.of(new float[4], 2, 2),
                  Targets.classes(0, 1))
              .loss();
      assertThat(loss).isCloseTo(Math.log(2), within(PRECISION));
      assertThat(engine.passedOver()).isEmpty();
    }
  }

  private static void run(Device device, List<RowTrial> trials) {
    for (RowTrial trial : trials) {
      // Each has buffers of its own: beyond the end of one that was made for more nothing is seen.
      try (Backend scalar = scalar();
          Backend opencl = new OpenClBackend("opencl:0", device)) {
        trial.assertClose(trial.run(opencl), trial.run(scalar), PRECISION);
      }
      System.out.println(COMPARED + trial);
    }
  }
}
