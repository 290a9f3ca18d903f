package dev.batchloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.batchloss.data.DeviceException;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.InvalidTargetException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.loss.Loss;
import dev.batchloss.spi.DeviceMatrix;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The engine's side of matrices on a device, which a stand-in plays. */
class DeviceMatrixTest {
  private static final float[] VALUES = {0, 1, 2, 5, 1, 0, 3, 3, -1, 0, 0, 4};
  private static final Matrix LOGITS = Matrix.of(VALUES.clone(), 4, 3);
  private static final Loss LOSS = CrossEntropy.builder().labelSmoothing(0.1).build();
  private static final Targets TARGETS = Targets.classes(2, 0, 1, 0);

  private final StandInDevice device = new StandInDevice();
  private final BatchLoss engine = device.open();

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void theSameAsOnTheHost() {
    Matrix gradient = Matrix.of(new float[12], 4, 3);
    try (DeviceMatrix input = engine.toDevice(LOGITS);
        DeviceMatrix output = engine.allocate(ElementType.FLOAT32, 4, 3)) {
      for (Kind kind : Kind.values()) {
        LossResult onHost = engine.evaluate(LOSS, LOGITS, TARGETS, also(kind.into(gradient)));
        LossResult onDevice = engine.evaluate(LOSS, input, TARGETS, also(kind.into(output)));
        assertThat(onDevice.loss()).isEqualTo(onHost.loss());
        assertThat(onDevice.rowLosses()).isEqualTo(onHost.rowLosses());
        assertThat(onDevice.logSumExp()).isEqualTo(onHost.logSumExp());
        assertThat(onDevice.metrics().accuracy()).isEqualTo(onHost.metrics().accuracy());
        assertThat(onDevice.metrics().brier()).isEqualTo(onHost.metrics().brier());
        assertThat(onDevice.deviceMatrix()).isSameAs(output);
        assertThat(floats(output)).isEqualTo(gradient.array());
        assertThat(floats(input)).isEqualTo(VALUES);
      }
      assertThat(engine.evaluate(LOSS, input, TARGETS).loss())
          .isEqualTo(engine.evaluate(LOSS, LOGITS, TARGETS).loss());
    }
  }

  private enum Kind {
    GRADIENT,
    SOFTMAX,
    LOG_SOFTMAX;

    Outputs into(Matrix matrix) {
      return switch (this) {
        case GRADIENT -> Outputs.gradientInto(matrix);
        case SOFTMAX -> Outputs.softmaxInto(matrix);
        case LOG_SOFTMAX -> Outputs.logSoftmaxInto(matrix);
      };
    }

    Outputs into(DeviceMatrix matrix) {
      return switch (this) {
        case GRADIENT -> Outputs.gradientInto(matrix);
        case SOFTMAX -> Outputs.softmaxInto(matrix);
        case LOG_SOFTMAX -> Outputs.logSoftmaxInto(matrix);
      };
    }
  }

  private static Outputs also(Outputs outputs) {
    return outputs.withRowLosses().withLogSumExp().withMetrics(Metric.ACCURACY, Metric.BRIER);
  }

  @Test
  void theGradientMayGoOverTheInput() {
    float[] gradient = new float[12];
    engine.evaluate(LOSS, LOGITS, TARGETS, Outputs.gradientInto(Matrix.of(gradient, 4, 3)));
    try (DeviceMatrix input = engine.toDevice(LOGITS);
        DeviceMatrix again = engine.toDevice(LOGITS)) {
      LossResult result = engine.evaluate(LOSS, input, TARGETS, Outputs.gradientInPlace());
      assertThat(result.deviceMatrix()).isSameAs(input);
      assertThat(floats(input)).isEqualTo(gradient);
      assertThat(device.wasInPlace).isTrue();
      engine.evaluate(LOSS, again, TARGETS, Outputs.gradientInto(again));
      assertThat(floats(again)).isEqualTo(gradient);
      assertThat(device.wasInPlace).isTrue();
      engine.evaluate(LOSS, input, TARGETS, Outputs.gradientInto(again));
      assertThat(device.wasInPlace).isFalse();
    }
  }

  @Test
  void copiesFromAndToAnyStrides() {
    Matrix fortran = Matrix.of(new float[12], 4, 3).withStrides(1, 4, 1);
    for (int r = 0; r < 4; r++) {
      for (int c = 0; c < 3; c++) {
        fortran.set(r, c, LOGITS.get(r, c));
      }
    }
    try (DeviceMatrix matrix = engine.toDevice(fortran)) {
      assertThat(floats(matrix)).isEqualTo(VALUES);
      matrix.copyFrom(Matrix.of(new float[12], 4, 3));
      matrix.copyTo(fortran);
      assertThat(fortran.get(1, 0)).isZero();
    }
    try (DeviceMatrix inner = engine.toDevice(Matrix.of(VALUES, 2, 3, 2))) {
      assertThat(inner).hasToString("FLOAT32 2×3×2 on standin:0");
      assertThat(inner.rows()).isEqualTo(4);
      float[] back = new float[12];
      inner.copyTo(Matrix.of(back, 2, 3, 2));
      assertThat(back).isEqualTo(VALUES);
    }
  }

  @Test
  void refusesCopiesThatDoNotFit() {
    try (DeviceMatrix matrix = engine.toDevice(LOGITS)) {
      for (Matrix other :
          List.of(
              Matrix.of(VALUES, 3, 4),
              Matrix.of(new float[24], 4, 3, 2),
              Matrix.of(new double[12], 4, 3))) {
        String message =
            "%s and FLOAT32 4×3 on standin:0 are not of one shape and element type"
                .formatted(other);
        assertThatIllegalArgumentException()
            .isThrownBy(() -> matrix.copyFrom(other))
            .withMessage(message);
        assertThatIllegalArgumentException()
            .isThrownBy(() -> matrix.copyTo(other))
            .withMessage(message);
      }
      assertThatIllegalArgumentException()
          .isThrownBy(() -> matrix.copyTo(LOGITS.withStrides(1, 1, 1)))
          .withMessage("the target cannot be written: elements of FLOAT32 4×3 overlap");
      Matrix readOnly = Matrix.of(LOGITS.segment().asReadOnly(), ElementType.FLOAT32, 4, 3);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> matrix.copyTo(readOnly))
          .withMessage("the target cannot be written: read-only memory");
      matrix.copyFrom(readOnly);
    }
  }

  @Test
  void inputAndOutputAreInOneMemory() {
    try (DeviceMatrix matrix = engine.toDevice(LOGITS)) {
      Matrix host = Matrix.of(new float[12], 4, 3);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> engine.evaluate(LOSS, matrix, TARGETS, Outputs.gradientInto(host)))
          .withMessage(
              "the gradient is in the host's memory, the input is on standin:0: both must be"
                  + " there");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> engine.evaluate(LOSS, host, TARGETS, Outputs.softmaxInto(matrix)))
          .withMessage(
              "the softmax is on standin:0, the input is in the host's memory: both must be"
                  + " there");
      assertThat(floats(matrix)).isEqualTo(VALUES);
    }
  }

  @Test
  void onlyTheEngineThatAllocatedItUsesIt() {
    try (BatchLoss other = new StandInDevice().open();
        BatchLoss scalar = BatchLoss.open("scalar");
        DeviceMatrix mine = engine.toDevice(LOGITS);
        DeviceMatrix theirs = other.toDevice(LOGITS)) {
      String message =
          "the input (FLOAT32 4×3 on standin:0) was allocated by another engine than this one,"
              + " which runs on ";
      assertThatIllegalArgumentException()
          .isThrownBy(() -> engine.evaluate(LOSS, theirs, TARGETS))
          .withMessage(message + "standin:0, or before a device failed");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> scalar.evaluate(LOSS, theirs, TARGETS))
          .withMessage(message + "scalar, or before a device failed");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> engine.evaluate(LOSS, mine, TARGETS, Outputs.gradientInto(theirs)))
          .withMessageStartingWith("the gradient (FLOAT32 4×3 on standin:0) was allocated by");
    }
  }

  @Test
  void refusesWhatDoesNotFitTheInput() {
    try (DeviceMatrix input = engine.toDevice(LOGITS);
        DeviceMatrix narrow = engine.allocate(ElementType.FLOAT32, 4, 2);
        DeviceMatrix inner = engine.allocate(ElementType.FLOAT32, 4, 3, 2)) {
      for (DeviceMatrix wrong : List.of(narrow, inner)) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> engine.evaluate(LOSS, input, TARGETS, Outputs.gradientInto(wrong)))
            .withMessage("the shape of the gradient is %s, the input's is %s", wrong, input);
      }
      assertThatIllegalArgumentException()
          .isThrownBy(() -> engine.evaluate(LOSS, input, Targets.classes(1)))
          .withMessageStartingWith("there are 1 targets for the 4 rows of the input");
      assertThatExceptionOfType(InvalidTargetException.class)
          .isThrownBy(() -> engine.evaluate(LOSS, input, Targets.classes(0, 0, 3, 0)));
      Matrix three = Matrix.of(new double[3], 3, 1);
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  engine.evaluate(
                      LOSS, input, TARGETS, Outputs.lossOnly().withRowLossesInto(three)))
          .withMessageStartingWith("the matrix for the row losses is FLOAT64 3×1");
    }
  }

  @Test
  void theResultKnowsWhereItsMatrixIs() {
    try (DeviceMatrix input = engine.toDevice(LOGITS)) {
      LossResult none = engine.evaluate(LOSS, input, TARGETS);
      assertThatExceptionOfType(NoSuchElementException.class)
          .isThrownBy(none::deviceMatrix)
          .withMessage("no matrix was asked for; see Outputs.gradientInto");
      LossResult onDevice = engine.evaluate(LOSS, input, TARGETS, Outputs.gradientInPlace());
      assertThatExceptionOfType(NoSuchElementException.class)
          .isThrownBy(onDevice::matrix)
          .withMessage("the matrix is on a device; see deviceMatrix");
    }
    Matrix softmax = Matrix.of(new float[12], 4, 3);
    LossResult onHost = engine.evaluate(LOSS, LOGITS, TARGETS, Outputs.softmaxInto(softmax));
    assertThatExceptionOfType(NoSuchElementException.class)
        .isThrownBy(onHost::deviceMatrix)
        .withMessage("the matrix is in the host's memory; see matrix");
  }

  @Test
  void isClosedByItsOwner() {
    DeviceMatrix matrix = engine.toDevice(LOGITS);
    assertThat(device.live).isEqualTo(1);
    matrix.close();
    matrix.close();
    assertThat(device.live).isZero();
    assertThatIllegalStateException()
        .isThrownBy(() -> matrix.copyTo(Matrix.of(new float[12], 4, 3)));
    assertThatIllegalStateException().isThrownBy(() -> engine.evaluate(LOSS, matrix, TARGETS));
  }

  @Test
  void afterTheEngineItCanOnlyBeClosed() {
    DeviceMatrix matrix = engine.toDevice(LOGITS);
    engine.close();
    assertThatIllegalStateException()
        .isThrownBy(() -> engine.evaluate(LOSS, matrix, TARGETS))
        .withMessage("this BatchLoss is closed");
    assertThatIllegalStateException().isThrownBy(() -> engine.toDevice(LOGITS));
    assertThatIllegalStateException().isThrownBy(() -> matrix.copyFrom(LOGITS));
    matrix.close();
    assertThat(device.live).isZero();
  }

  @Test
  void aCopyThatFailsLeavesNothingBehind() {
    device.failing = true;
    assertThatExceptionOfType(DeviceException.class).isThrownBy(() -> engine.toDevice(LOGITS));
    assertThat(device.live).isZero();
  }

  @Test
  void refusesWhatCannotBeAllocated() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> engine.allocate(ElementType.FLOAT32, -1, 3))
        .withMessage("a matrix of -1×3×1: a length must not be negative");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> engine.allocate(ElementType.FLOAT64, 1L << 40, 1 << 20, 1))
        .withMessage("a matrix of 1099511627776×1048576×1 FLOAT64 is larger than 2^63 bytes");
    assertThatNullPointerException().isThrownBy(() -> engine.allocate(null, 1, 3));
    assertThatNullPointerException()
        .isThrownBy(() -> engine.evaluate(LOSS, (DeviceMatrix) null, TARGETS))
        .withMessage("input");
  }

  @Test
  void aBackendWithoutMemoryOfItsOwnSaysWhatToDo() {
    for (String name : List.of("scalar", "cpu")) {
      try (BatchLoss host = BatchLoss.open(name)) {
        assertThatExceptionOfType(UnsupportedOperationException.class)
            .isThrownBy(() -> host.toDevice(LOGITS))
            .withMessage(
                "the backend %s computes in the host's memory: pass it the Matrix itself", name);
      }
    }
  }

  private static float[] floats(DeviceMatrix matrix) {
    float[] values = new float[Math.toIntExact(matrix.rows() * matrix.classes())];
    matrix.copyTo(Matrix.of(values, matrix.outer(), matrix.classes(), matrix.inner()));
    return values;
  }
}
