package dev.batchloss.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.ArrayFiles;
import dev.batchloss.BackendStatus;
import dev.batchloss.BatchLoss;
import dev.batchloss.FailingDeviceProvider;
import dev.batchloss.Metric;
import dev.batchloss.loss.CrossEntropy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A device that fails in the middle of a file: every row is there once, from one backend or other.
 */
class LostDeviceFilesTest {
  private static final int OUTER = 9;
  private static final int CLASSES = 5;
  private static final int INNER = 7;
  private static final int ROWS = OUTER * INNER;
  private static final long IGNORED = -1;

  @TempDir Path temp;

  private Path logits;
  private Path targets;
  private Path weights;

  @AfterEach
  void forget() {
    FailingDeviceProvider.forget();
  }

  private void writeFiles() throws IOException {
    Random random = new Random(11);
    float[] numbers = new float[ROWS * CLASSES];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = 3 * (float) random.nextGaussian();
    }
    long[] indices = new long[ROWS];
    double[] factors = new double[ROWS];
    for (int row = 0; row < ROWS; row++) {
      indices[row] = row % 6 == 1 ? IGNORED : random.nextInt(CLASSES);
      factors[row] = random.nextDouble();
    }
    logits = ArrayFiles.floats(temp.resolve("x.npy"), new long[] {OUTER, CLASSES, INNER}, numbers);
    targets = ArrayFiles.longs(temp.resolve("t.npy"), new long[] {OUTER, INNER}, indices);
    weights = ArrayFiles.doubles(temp.resolve("w.npy"), new long[] {OUTER, INNER}, factors);
  }

  private FileEvaluationResult run(BatchLoss engine, String name) throws IOException {
    return FileEvaluation.builder()
        .input(logits.toString())
        .classAxis(1)
        .targets(targets.toString())
        .sampleWeights(weights.toString())
        .loss(CrossEntropy.builder().ignoreIndex(IGNORED).labelSmoothing(0.1).build())
        .metrics(List.of(Metric.ACCURACY))
        .rowLossesTo(temp.resolve(name + "-losses.npy"))
        .gradientTo(temp.resolve(name + "-gradient.npy"))
        .blockRows(2 * INNER)
        .build()
        .run(engine);
  }

  private double[] read(String file) throws IOException {
    return ArrayFiles.read(temp.resolve(file));
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 0, 2 * INNER, 2 * INNER + 3, 3 * INNER, ROWS - 1})
  void everyRowIsThereOnce(long rowsBefore) throws IOException {
    writeFiles();
    FailingDeviceProvider.failAfter(rowsBefore);
    FileEvaluationResult scalar;
    FileEvaluationResult cpu;
    FileEvaluationResult mixed;
    try (BatchLoss engine = BatchLoss.open("scalar")) {
      scalar = run(engine, "scalar");
    }
    try (BatchLoss engine = BatchLoss.open("cpu")) {
      cpu = run(engine, "cpu");
    }
    try (BatchLoss engine = BatchLoss.open(FailingDeviceProvider.NAME)) {
      mixed = run(engine, "mixed");
    }
    assertThat(mixed.backends())
        .extracting(BackendStatus::name)
        .containsExactly(FailingDeviceProvider.NAME, "cpu");
    assertThat(mixed.backend()).isEqualTo(cpu.backend());
    double[] losses = read("mixed-losses.npy");
    for (int row = 0; row < ROWS; row++) {
      String half = row < rowsBefore ? "scalar" : "cpu";
      assertThat(losses[row]).isEqualTo(read(half + "-losses.npy")[row]);
    }
    double[] gradient = read("mixed-gradient.npy");
    double[] first = read("scalar-gradient.npy");
    double[] rest = read("cpu-gradient.npy");
    for (int i = 0; i < gradient.length; i++) {
      int row = i / (CLASSES * INNER) * INNER + i % INNER;
      assertThat(gradient[i]).isEqualTo(row < rowsBefore ? first[i] : rest[i]);
    }
    assertThat(mixed.summary().rows()).isEqualTo(ROWS);
    assertThat(mixed.summary().counted()).isEqualTo(cpu.summary().counted());
    assertThat(mixed.summary().weightSum()).isEqualTo(cpu.summary().weightSum());
    assertThat(mixed.loss()).isCloseTo(scalar.loss(), within(1e-6));
    assertThat(mixed.summary().metrics().accuracy()).isEqualTo(cpu.summary().metrics().accuracy());
  }

  @Test
  void theFailureIsToldOnce() throws IOException {
    writeFiles();
    FailingDeviceProvider.failAfter(ROWS - 1);
    try (BatchLoss engine = BatchLoss.open("auto")) {
      FileEvaluationResult result = run(engine, "mixed");
      assertThat(result.warnings())
          .containsExactly(
              "failing:0 failed during a call: waiting for failing:0: DEVICE_LOST (-36);"
                  + " cpu did what it had not finished");
      assertThat(result.passedOver())
          .filteredOn(status -> status.name().equals(FailingDeviceProvider.NAME))
          .singleElement()
          .satisfies(status -> assertThat(status.reason()).contains("DEVICE_LOST (-36)"));
      FileEvaluationResult next = run(engine, "next");
      assertThat(next.warnings()).isEmpty();
      assertThat(next.backends()).extracting(BackendStatus::name).containsExactly("cpu");
      assertThat(next.passedOver()).isEqualTo(result.passedOver());
    }
  }

  @Test
  void oneThatDoesNotFailInTimeIsNotWarnedOf() throws IOException {
    writeFiles();
    FailingDeviceProvider.failAfter(ROWS);
    try (BatchLoss engine = BatchLoss.open("auto")) {
      FileEvaluationResult result = run(engine, "whole");
      assertThat(result.warnings()).isEmpty();
      assertThat(result.backends())
          .extracting(BackendStatus::name)
          .containsExactly(FailingDeviceProvider.NAME);
    }
  }
}
