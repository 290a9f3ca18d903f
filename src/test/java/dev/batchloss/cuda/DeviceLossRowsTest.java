package dev.batchloss.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.Outputs;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.InvalidTargetException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.loss.Loss;
import dev.batchloss.plan.Reduction;
import dev.batchloss.spi.DeviceCall;
import dev.batchloss.spi.DeviceLoss;
import dev.batchloss.spi.DeviceView;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Losses over memory of the caller's whose rows have weights, or lie on an inner axis. */
class DeviceLossRowsTest extends DeviceLossFixture {
  @ParameterizedTest
  @EnumSource(ElementType.class)
  void sampleWeightsWeighLossGradientAndDenominator(ElementType weightType) {
    for (ElementType type : List.of(ElementType.FLOAT32, ElementType.FLOAT64)) {
      for (Loss loss :
          List.of(
              CrossEntropy.builder().ignoreIndex(IGNORED).build(),
              CrossEntropy.builder()
                  .ignoreIndex(IGNORED)
                  .classWeights(new Random(4).doubles(30, 0.2, 2).toArray())
                  .labelSmoothing(0.1)
                  .zLoss(1e-2)
                  .build(),
              CrossEntropy.builder().ignoreIndex(IGNORED).reduction(Reduction.SUM).build())) {
        check(loss, new Problem(type, 50, 30, 1), weightType);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"FLOAT32, 3, 7, 5", "FLOAT64, 4, 3, 9", "BFLOAT16, 2, 40, 33", "FLOAT32, 2, 1200, 3"})
  void rowsMayLieOnAnInnerAxis(ElementType type, int outer, int classes, int inner) {
    Loss mean = CrossEntropy.builder().ignoreIndex(IGNORED).build();
    Loss batchMean =
        CrossEntropy.builder().ignoreIndex(IGNORED).reduction(Reduction.BATCH_MEAN).build();
    check(mean, new Problem(type, outer, classes, inner), null);
    check(batchMean, new Problem(type, outer, classes, inner), ElementType.FLOAT32);
  }

  /** As images are stored with the classes last: rows of an inner axis, and each without gaps. */
  @Test
  void theInnerAxisMayHaveAnyStride() {
    Problem problem = new Problem(ElementType.FLOAT32, 3, 11, 4);
    Loss loss = CrossEntropy.builder().ignoreIndex(IGNORED).build();
    LossResult wanted = problem.onHost(cpu, loss, Outputs.lossOnly());
    for (long[] strides : new long[][] {{44, 1, 11}, {60, 1, 13}, {1, 12, 3}, {100, 8, 2}}) {
      float[] spread = new float[512];
      for (int row = 0; row < 12; row++) {
        for (int c = 0; c < 11; c++) {
          long at = row / 4 * strides[0] + c * strides[1] + row % 4 * strides[2];
          spread[(int) at] = (float) problem.logits.get(row, c);
        }
      }
      try (CallerStream stream = new CallerStream(context)) {
        long address = stream.send(MemorySegment.ofArray(spread)).address();
        DeviceView view =
            new DeviceView(
                address, ElementType.FLOAT32, 3, 11, 4, strides[0], strides[1], strides[2]);
        DeviceView gradient = view(stream, ElementType.FLOAT64, problem);
        DeviceCall call =
            problem.call(stream, view, ElementType.FLOAT64).gradient(gradient).build();
        try (DeviceLoss result = cuda.launch(loss, call)) {
          assertThat(result.loss()).isCloseTo(wanted.loss(), within(2e-6));
        }
        requireGradient(fetch(stream, gradient), problem, loss, gradient.type(), true);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"FLOAT64, Infinity", "FLOAT32, -Infinity", "FLOAT16, NaN", "BFLOAT16, Infinity"})
  void aWeightThatIsNotFiniteIsRefusedAndNothingIsWritten(ElementType weightType, double weight) {
    Problem problem = new Problem(ElementType.FLOAT32, 300, 9, 1);
    problem.weights[170] = weight;
    problem.weights[290] = Double.NaN;
    Loss loss = CrossEntropy.builder().ignoreIndex(IGNORED).build();
    assertThatThrownBy(() -> problem.onHost(cpu, loss, Outputs.lossOnly()))
        .hasMessage("sample weight of row 170 is %s, must be finite", weight);
    try (CallerStream stream = new CallerStream(context)) {
      DeviceView gradient = view(stream, ElementType.FLOAT32, problem);
      DeviceView losses = stream.filled(ElementType.FLOAT64, 300, 1, 0x5A);
      DeviceCall call =
          problem
              .call(stream, stream.send(problem.logits), weightType)
              .gradient(gradient)
              .rowLosses(losses.address())
              .build();
      try (DeviceLoss result = cuda.launch(loss, call)) {
        MemorySegment scalar = stream.fetch(result.address(), Double.BYTES);
        assertThatThrownBy(result::loss)
            .isExactlyInstanceOf(InvalidDataException.class)
            .hasMessage("sample weight of row 170 is %s, must be finite", weight);
        MemorySegment written = stream.fetch(gradient);
        MemorySegment writtenLosses = stream.fetch(losses);
        stream.synchronize();
        assertThat(scalar.get(ValueLayout.JAVA_DOUBLE, 0)).isNaN();
        assertThat(written.toArray(ValueLayout.JAVA_BYTE)).containsOnly(0x5A);
        assertThat(writtenLosses.toArray(ValueLayout.JAVA_BYTE)).containsOnly(0x5A);
      }
    }
  }

  @Test
  void aBadTargetComesBeforeABadWeight() {
    Problem problem = new Problem(ElementType.FLOAT32, 20, 9, 1);
    problem.weights[0] = Double.NaN;
    problem.targets[12] = 9;
    Loss loss = CrossEntropy.builder().ignoreIndex(IGNORED).build();
    try (CallerStream stream = new CallerStream(context)) {
      DeviceCall call =
          problem.call(stream, stream.send(problem.logits), ElementType.FLOAT64).build();
      try (DeviceLoss result = cuda.launch(loss, call)) {
        assertThatThrownBy(result::loss)
            .isInstanceOf(InvalidTargetException.class)
            .hasMessage("target of row 12 is 9, must be in 0..8");
      }
    }
  }

  @Test
  void whatOverlapsIsRefused() {
    DeviceView input = DeviceView.of(1024, ElementType.FLOAT32, 4, 8);
    DeviceView gradient = DeviceView.of(8192, ElementType.FLOAT32, 4, 8);
    DeviceCall.Builder call = DeviceCall.builder(input).intTargets(4096).gradient(gradient);
    assertThatThrownBy(() -> call.sampleWeights(8196, ElementType.FLOAT32).build())
        .hasMessage("the sample weights and the gradient overlap");
    assertThatThrownBy(() -> call.sampleWeights(4098, ElementType.FLOAT32).build())
        .hasMessageStartingWith("the address of the sample weights is 4098");
    assertThatThrownBy(
            () -> call.sampleWeights(16384, ElementType.FLOAT64).rowLosses(16408).build())
        .hasMessage("the sample weights and the row losses overlap");
    assertThatThrownBy(() -> call.sampleWeights(16384, ElementType.FLOAT64).rowLosses(4104).build())
        .hasMessage("the targets and the row losses overlap");
    DeviceView rowsMeet = new DeviceView(8192, ElementType.FLOAT32, 2, 8, 2, 9, 1, 8);
    DeviceView four = DeviceView.of(1024, ElementType.FLOAT32, 2, 8, 2);
    assertThatThrownBy(() -> DeviceCall.builder(four).intTargets(4096).gradient(rowsMeet).build())
        .hasMessageStartingWith("the gradient has elements that overlap");
    assertThatThrownBy(() -> DeviceCall.builder(four).intTargets(4096).gradient(gradient).build())
        .hasMessageContaining("must have the input's shape");
    assertThatThrownBy(() -> new DeviceView(1024, ElementType.FLOAT32, 2, 8, -1, 16, 2, 1))
        .hasMessage("inner is -1, must not be negative");
  }

  /** Compares with the host: the loss, the row losses and the gradient. */
  private void check(Loss loss, Problem problem, @Nullable ElementType weightType) {
    if (weightType != null) {
      problem.roundWeights(weightType);
    }
    ElementType type = problem.logits.type();
    int rows = (int) problem.logits.rows();
    double tolerance = type == ElementType.FLOAT64 ? 1e-12 : 2e-6;
    LossResult wanted =
        weightType == null
            ? cpu.evaluate(
                loss,
                problem.logits,
                Targets.classes(problem.targets),
                Outputs.lossOnly().withRowLosses())
            : problem.onHost(cpu, loss, Outputs.lossOnly().withRowLosses());
    try (CallerStream stream = new CallerStream(context)) {
      DeviceView gradient = view(stream, type, problem);
      DeviceBuffer losses = stream.allocate((long) rows * Double.BYTES);
      DeviceView input =
          DeviceView.of(
              stream.send(problem.logits.segment()).address(),
              type,
              problem.logits.outer(),
              problem.logits.classes(),
              problem.logits.inner());
      DeviceCall call =
          problem
              .call(stream, input, weightType)
              .gradient(gradient)
              .rowLosses(losses.address())
              .build();
      try (DeviceLoss result = cuda.launch(loss, call)) {
        assertThat(result.loss())
            .isCloseTo(wanted.loss(), within(tolerance * (1 + Math.abs(wanted.loss()))));
        double[] rowLosses = stream.doubles(losses, rows);
        for (int row = 0; row < rows; row++) {
          double want = wanted.rowLosses()[row];
          assertThat(rowLosses[row])
              .as("row %d", row)
              .isCloseTo(want, within(3 * tolerance * (1 + Math.abs(want))));
        }
      }
      requireGradient(fetch(stream, gradient), problem, loss, type, weightType != null);
    }
  }

  private static DeviceView view(CallerStream stream, ElementType type, Problem problem) {
    Matrix of = problem.logits;
    long address = stream.filled(type, of.rows(), of.classes(), 0x5A).address();
    return DeviceView.of(address, type, of.outer(), of.classes(), of.inner());
  }

  private static MemorySegment fetch(CallerStream stream, DeviceView packed) {
    MemorySegment bytes = stream.fetch(packed);
    stream.synchronize();
    return bytes;
  }

  private void requireGradient(
      MemorySegment got, Problem problem, Loss loss, ElementType type, boolean hasWeights) {
    Matrix of = problem.logits;
    int count = (int) of.rows() * of.classes();
    double[] wanted = new double[count];
    Outputs outputs = Outputs.gradientInto(Matrix.of(wanted, of.outer(), of.classes(), of.inner()));
    LossResult _ =
        hasWeights
            ? problem.onHost(cpu, loss, outputs)
            : cpu.evaluate(loss, of, Targets.classes(problem.targets), outputs);
    double rounding = type == ElementType.BFLOAT16 ? 0x1p-8 : 0;
    double tolerance = of.type() == ElementType.FLOAT64 ? 1e-12 : 6e-6;
    for (int i = 0; i < count; i++) {
      assertThat(type.get(got, i))
          .as("element %d", i)
          .isCloseTo(wanted[i], within(tolerance + rounding * Math.abs(wanted[i])));
    }
  }

  /** Logits, targets of which some are ignored, and weights. */
  private static final class Problem {
    final Matrix logits;
    final int[] targets;
    final double[] weights;

    Problem(ElementType type, int outer, int classes, int inner) {
      int rows = outer * inner;
      Random random = new Random(rows * 31L + classes);
      MemorySegment segment = MemorySegment.ofArray(new byte[rows * classes * type.bytes()]);
      for (int i = 0; i < rows * classes; i++) {
        type.set(segment, i, 2 * random.nextGaussian());
      }
      this.logits = Matrix.of(segment, type, outer, classes, inner);
      this.targets = new int[rows];
      this.weights = new double[rows];
      for (int row = 0; row < rows; row++) {
        targets[row] = row % 5 == 3 ? IGNORED : random.nextInt(classes);
        weights[row] = row % 7 == 2 ? 0 : random.nextDouble(0.1, 3);
      }
    }

    /** To what a format can hold. */
    void roundWeights(ElementType type) {
      MemorySegment stored = stored(type);
      for (int row = 0; row < weights.length; row++) {
        weights[row] = type.get(stored, row);
      }
    }

    LossResult onHost(BatchLoss engine, Loss loss, Outputs outputs) {
      return engine.evaluate(
          loss, logits, Targets.classes(targets).withSampleWeights(weights), outputs);
    }

    DeviceCall.Builder call(
        CallerStream stream, DeviceView input, @Nullable ElementType weightType) {
      DeviceCall.Builder call =
          DeviceCall.builder(input).intTargets(stream.send(targets).address()).stream(
              stream.handle());
      return weightType == null
          ? call
          : call.sampleWeights(stream.send(stored(weightType)).address(), weightType);
    }

    private MemorySegment stored(ElementType type) {
      MemorySegment stored = MemorySegment.ofArray(new byte[weights.length * type.bytes()]);
      for (int row = 0; row < weights.length; row++) {
        type.set(stored, row, weights[row]);
      }
      return stored;
    }
  }
}
