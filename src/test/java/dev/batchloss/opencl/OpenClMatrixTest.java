package dev.batchloss.opencl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.Metric;
import dev.batchloss.Outputs;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.InvalidTargetException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.data.ValueTargets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.loss.Huber;
import dev.batchloss.loss.LogitsKlDivergence;
import dev.batchloss.loss.Loss;
import dev.batchloss.plan.InputKind;
import dev.batchloss.spi.DeviceMatrix;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Matrices that stay on an OpenCL device give what matrices of the host give, bit for bit. */
class OpenClMatrixTest {
  private static final CrossEntropy LOSS =
      CrossEntropy.builder().labelSmoothing(0.1).ignoreIndex(1).build();

  @AfterEach
  void unforce() {
    System.clearProperty(KernelFamily.PROPERTY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "gpu"})
  void theSameBitsAsFromTheHost(String kernels) {
    try (BatchLoss engine = open(kernels)) {
      for (long[] shape :
          List.of(
              new long[] {37, 10, 1},
              new long[] {9, 1000, 1},
              new long[] {2, 70_001, 1},
              new long[] {3, 12, 35})) {
        for (ElementType type : List.of(ElementType.FLOAT32, ElementType.BFLOAT16)) {
          mustAgree(engine, random(type, shape));
        }
      }
    }
  }

  @Test
  void comparisonsOfMatricesOfTheDevice() {
    try (BatchLoss engine = open("cpu")) {
      for (long[] shape :
          List.of(new long[] {37, 10, 1}, new long[] {9, 5000, 1}, new long[] {3, 12, 35})) {
        Matrix input = random(ElementType.FLOAT32, shape);
        ValueTargets targets = Targets.values(random(ElementType.FLOAT16, shape));
        for (Loss loss :
            List.of(Huber.builder().build(), LogitsKlDivergence.builder().temperature(2).build())) {
          List<LossResult> _ = mustAgree(engine, loss, input, targets, Outputs::withRowLosses);
        }
      }
    }
  }

  @Test
  void moreRowsThanAChunkHas() {
    try (BatchLoss engine = open("cpu")) {
      mustAgree(engine, random(ElementType.FLOAT16, new long[] {(1L << 20) + 5, 2, 1}));
      mustAgree(engine, random(ElementType.FLOAT16, new long[] {1, 2, (1L << 20) + 5}));
    }
  }

  /** 2^31 + 2^15 elements, of which every row is the same. */
  @Test
  @Tag("exhaustive")
  void moreElementsThanAnIntCounts() {
    long rows = (1 << 16) + 1;
    int classes = 1 << 15;
    Device device = TestDevice.find();
    Assumptions.assumeTrue(
        device.description().maxAllocation() >= rows * classes * Short.BYTES,
        () ->
            "the device takes %d bytes at a time".formatted(device.description().maxAllocation()));
    Matrix row = random(ElementType.BFLOAT16, new long[] {1, classes, 1});
    Matrix repeated = Matrix.strided(row.segment(), row.type(), rows, classes, 1, 0, 1, 0);
    int[] labels = new int[(int) rows];
    Arrays.fill(labels, classes - 1);
    try (BatchLoss engine = open("cpu");
        DeviceMatrix logits = engine.toDevice(repeated)) {
      Outputs outputs = Outputs.lossOnly().withRowLosses();
      double[] one = engine.evaluate(LOSS, row, Targets.classes(classes - 1), outputs).rowLosses();
      double[] all = engine.evaluate(LOSS, logits, Targets.classes(labels), outputs).rowLosses();
      assertThat(Arrays.stream(all).filter(loss -> loss != one[0]).count()).isZero();
    }
  }

  @Test
  void aBadTargetLeavesTheGradientAlone() {
    try (BatchLoss engine = open("cpu");
        DeviceMatrix logits = engine.toDevice(Matrix.of(new float[] {1, 2, 3, 4}, 2, 2))) {
      assertThatThrownBy(
              () -> engine.evaluate(LOSS, logits, Targets.classes(0, 2), Outputs.gradientInPlace()))
          .isInstanceOf(InvalidTargetException.class);
      assertThat(floats(logits)).containsExactly(1, 2, 3, 4);
    }
  }

  @Test
  void aBadProbabilityLeavesWhatWasToBeOverwrittenAlone() {
    CrossEntropy loss = CrossEntropy.builder().input(InputKind.PROBABILITIES).build();
    float[] rows = {0.5f, 0.5f, 0.25f, 0.5f};
    try (BatchLoss engine = open("cpu");
        DeviceMatrix probabilities = engine.toDevice(Matrix.of(rows, 2, 2))) {
      assertThatThrownBy(
              () ->
                  engine.evaluate(
                      loss, probabilities, Targets.classes(0, 1), Outputs.gradientInPlace()))
          .isInstanceOf(InvalidDataException.class)
          .hasMessageContaining("row 1");
      assertThat(floats(probabilities)).containsExactly(0.5f, 0.5f, 0.25f, 0.5f);
    }
  }

  @Test
  void aClosedMatrixIsRefused() {
    try (BatchLoss engine = open("cpu")) {
      DeviceMatrix logits = engine.toDevice(Matrix.of(new float[4], 2, 2));
      logits.close();
      logits.close();
      assertThatThrownBy(() -> engine.evaluate(LOSS, logits, Targets.classes(0, 0)))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  private static void mustAgree(BatchLoss engine, Matrix host) {
    int[] labels = new int[(int) host.rows()];
    Random random = new Random(5);
    for (int i = 0; i < labels.length; i++) {
      labels[i] = random.nextInt(host.classes());
    }
    List<LossResult> both =
        mustAgree(
            engine,
            LOSS,
            host,
            Targets.classes(labels),
            outputs -> outputs.withRowLosses().withMetrics(Metric.ACCURACY));
    assertThat(both.getLast().metrics().accuracy()).isEqualTo(both.getFirst().metrics().accuracy());
  }

  /** Returns the result from the host, then that from the device. */
  private static List<LossResult> mustAgree(
      BatchLoss engine, Loss loss, Matrix host, Targets targets, UnaryOperator<Outputs> also) {
    Matrix gradient = like(host);
    LossResult fromHost =
        engine.evaluate(loss, host, targets, also.apply(Outputs.gradientInto(gradient)));
    try (DeviceMatrix input = engine.toDevice(host);
        DeviceMatrix output =
            engine.allocate(host.type(), host.outer(), host.classes(), host.inner())) {
      LossResult fromDevice =
          engine.evaluate(loss, input, targets, also.apply(Outputs.gradientInto(output)));
      assertThat(fromDevice.loss()).isEqualTo(fromHost.loss());
      assertThat(fromDevice.rowLosses()).isEqualTo(fromHost.rowLosses());
      assertThat(bytes(output)).isEqualTo(bytes(gradient));
      engine.evaluate(loss, input, targets, also.apply(Outputs.gradientInPlace()));
      assertThat(bytes(input)).isEqualTo(bytes(gradient));
      return List.of(fromHost, fromDevice);
    }
  }

  private static BatchLoss open(String kernels) {
    TestDevice.find();
    System.setProperty(KernelFamily.PROPERTY, kernels);
    return BatchLoss.open("opencl");
  }

  private static Matrix random(ElementType type, long[] shape) {
    Matrix matrix =
        Matrix.of(
            MemorySegment.ofArray(new byte[(int) (shape[0] * shape[1] * shape[2]) * type.bytes()]),
            type,
            shape[0],
            (int) shape[1],
            shape[2]);
    Random random = new Random(3);
    for (long row = 0; row < matrix.rows(); row++) {
      for (int c = 0; c < matrix.classes(); c++) {
        matrix.set(row, c, 4 * random.nextGaussian());
      }
    }
    return matrix;
  }

  private static Matrix like(Matrix matrix) {
    return Matrix.of(
        MemorySegment.ofArray(new byte[(int) matrix.segment().byteSize()]),
        matrix.type(),
        matrix.outer(),
        matrix.classes(),
        matrix.inner());
  }

  private static byte[] bytes(Matrix matrix) {
    return (byte[]) matrix.array();
  }

  private static byte[] bytes(DeviceMatrix matrix) {
    byte[] bytes = new byte[(int) (matrix.rows() * matrix.classes()) * matrix.type().bytes()];
    matrix.copyTo(
        Matrix.of(
            MemorySegment.ofArray(bytes),
            matrix.type(),
            matrix.outer(),
            matrix.classes(),
            matrix.inner()));
    return bytes;
  }

  private static float[] floats(DeviceMatrix matrix) {
    float[] floats = new float[(int) (matrix.rows() * matrix.classes())];
    matrix.copyTo(Matrix.of(floats, matrix.rows(), matrix.classes()));
    return floats;
  }
}
