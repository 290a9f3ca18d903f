package dev.batchloss.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.LossResult;
import dev.batchloss.Outputs;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.InvalidTargetException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.device.NativeHandle;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.loss.Loss;
import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.ExactSum;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.Reduction;
import dev.batchloss.spi.DeviceCall;
import dev.batchloss.spi.DeviceLoss;
import dev.batchloss.spi.DeviceView;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Losses over memory and on streams of the caller's, in the worst order that these allow. */
class DeviceLossTest extends DeviceLossFixture {
  @ParameterizedTest
  @CsvSource({
    "FLOAT32, 1, 7",
    "FLOAT32, 37, 10",
    "FLOAT32, 5, 300",
    "FLOAT32, 3, 2000",
    "FLOAT32, 2, 70000",
    "FLOAT64, 33, 12",
    "FLOAT16, 37, 40",
    "BFLOAT16, 37, 1030"
  })
  void itIsTheLossAndTheGradientOfTheHost(ElementType type, int rows, int classes) {
    check(CrossEntropy.builder().ignoreIndex(IGNORED).build(), type, rows, classes);
  }

  @Test
  void everyOptionThatADeviceCanDoIsDone() {
    double[] weights = new Random(5).doubles(40, 0.1, 3).toArray();
    List<CrossEntropy.Builder> losses =
        List.of(
            CrossEntropy.builder().classWeights(weights),
            CrossEntropy.builder().labelSmoothing(0.1),
            CrossEntropy.builder().labelSmoothing(0.2).classWeights(weights).zLoss(1e-2),
            CrossEntropy.builder().softcap(3).logitScale(0.7),
            CrossEntropy.builder().logitScale(1.3).reduction(Reduction.SUM),
            CrossEntropy.builder().reduction(Reduction.BATCH_MEAN),
            CrossEntropy.builder().reduction(Reduction.sumOver(7.5)),
            CrossEntropy.builder().input(InputKind.LOG_PROBABILITIES).classWeights(weights));
    for (CrossEntropy.Builder loss : losses) {
      for (ElementType type : List.of(ElementType.FLOAT32, ElementType.FLOAT64)) {
        check(loss.ignoreIndex(IGNORED).build(), type, 21, 40);
      }
    }
  }

  @Test
  void moreRowsThanThreadsAreAllThere() {
    check(CrossEntropy.builder().classWeights(1, 2, 4).build(), ElementType.FLOAT32, 9000, 3);
  }

  @ParameterizedTest
  @EnumSource(
      value = ElementType.class,
      names = {"FLOAT32", "BFLOAT16"})
  void theGradientMayGoOverTheLogits(ElementType type) {
    Problem problem = new Problem(type, 19, 90);
    Loss loss = CrossEntropy.builder().ignoreIndex(IGNORED).build();
    try (CallerStream stream = new CallerStream(context)) {
      DeviceView logits = stream.send(problem.logits);
      DeviceView apart = stream.filled(type, 19, 90, 1);
      DeviceCall call = problem.call(stream, logits).gradient(apart).build();
      double value;
      MemorySegment wanted;
      try (DeviceLoss result = cuda.launch(loss, call)) {
        wanted = stream.fetch(apart);
        value = result.loss();
      }
      try (DeviceLoss result =
          cuda.launch(loss, problem.call(stream, logits).gradient(logits).build())) {
        MemorySegment got = stream.fetch(logits);
        assertThat(result.loss()).isEqualTo(value);
        stream.synchronize();
        assertThat(got.mismatch(wanted)).isEqualTo(-1);
      }
    }
  }

  @Test
  void rowsMayLieApartAndClassesToo() {
    Problem problem = new Problem(ElementType.FLOAT32, 6, 20);
    Loss loss = CrossEntropy.builder().ignoreIndex(IGNORED).build();
    double wanted = cpu.evaluate(loss, problem.logits, problem.classTargets()).loss();
    for (long[] strides : new long[][] {{23, 1}, {1, 6}, {45, 2}}) {
      try (CallerStream stream = new CallerStream(context)) {
        float[] spread = new float[512];
        for (int row = 0; row < 6; row++) {
          for (int c = 0; c < 20; c++) {
            spread[(int) (row * strides[0] + c * strides[1])] = (float) problem.logits.get(row, c);
          }
        }
        long address = stream.send(MemorySegment.ofArray(spread)).address();
        DeviceView view =
            new DeviceView(address, ElementType.FLOAT32, 6, 20, strides[0], strides[1]);
        DeviceView gradient = stream.filled(ElementType.FLOAT64, 6, 20, 1);
        DeviceCall call = problem.call(stream, view).gradient(gradient).build();
        try (DeviceLoss result = cuda.launch(loss, call)) {
          assertThat(result.loss()).isCloseTo(wanted, within(2e-6));
        }
        requireGradient(stream.fetch(gradient), stream, problem, loss, gradient.type(), 1e-6);
      }
    }
  }

  @Test
  void aBadTargetIsToldWhenTheLossIsReadAndNothingIsWritten() {
    Problem problem = new Problem(ElementType.FLOAT32, 700, 9);
    problem.targets[699] = -1;
    problem.targets[413] = 9;
    problem.targets[555] = Integer.MIN_VALUE;
    Loss loss = CrossEntropy.builder().ignoreIndex(IGNORED).build();
    try (CallerStream stream = new CallerStream(context)) {
      DeviceView logits = stream.send(problem.logits);
      DeviceView gradient = stream.filled(ElementType.FLOAT32, 700, 9, 0x5A);
      DeviceView losses = stream.filled(ElementType.FLOAT64, 700, 1, 0x5A);
      DeviceCall call =
          problem.call(stream, logits).gradient(gradient).rowLosses(losses.address()).build();
      try (DeviceLoss result = cuda.launch(loss, call)) {
        MemorySegment scalar = stream.fetch(result.address(), Double.BYTES);
        for (int again = 0; again < 2; again++) {
          assertThatThrownBy(result::loss)
              .isInstanceOfSatisfying(
                  InvalidTargetException.class,
                  e -> {
                    assertThat(e.row()).isEqualTo(413);
                    assertThat(e.value()).isEqualTo(9);
                    assertThat(e.count()).isEqualTo(3);
                    assertThat(e.classes()).isEqualTo(9);
                  });
        }
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
  void longTargetsAreTakenWhole() {
    Problem problem = new Problem(ElementType.FLOAT32, 5, 9);
    Loss loss = CrossEntropy.builder().ignoreIndex(1L << 40).build();
    long[] targets = {1, 2, 1L << 40, 3, 4};
    double wanted = cpu.evaluate(loss, problem.logits, Targets.classes(targets)).loss();
    try (CallerStream stream = new CallerStream(context)) {
      DeviceCall.Builder call =
          DeviceCall.builder(stream.send(problem.logits)).stream(stream.handle());
      DeviceCall good = call.longTargets(stream.send(targets).address()).build();
      try (DeviceLoss result = cuda.launch(loss, good)) {
        assertThat(result.loss()).isCloseTo(wanted, within(2e-6));
      }
      targets[3] = (1L << 32) + 3;
      DeviceCall bad = call.longTargets(stream.send(targets).address()).build();
      try (DeviceLoss result = cuda.launch(loss, bad)) {
        assertThatThrownBy(result::loss)
            .hasMessage("target of row 3 is 4294967299, must be in 0..8");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(EmptyMean.class)
  void aMeanOfNothingIsWhatTheLossSays(EmptyMean emptyMean) {
    Loss loss = CrossEntropy.builder().ignoreIndex(3).emptyMean(emptyMean).build();
    Problem problem = new Problem(ElementType.FLOAT32, 4, 9);
    Arrays.fill(problem.targets, 3);
    try (CallerStream stream = new CallerStream(context)) {
      DeviceView gradient = stream.filled(ElementType.FLOAT32, 4, 9, 1);
      DeviceCall call =
          problem.call(stream, stream.send(problem.logits)).gradient(gradient).build();
      try (DeviceLoss result = cuda.launch(loss, call)) {
        requireEmptyMean(result, emptyMean);
      }
      MemorySegment zeros = stream.fetch(gradient);
      stream.synchronize();
      assertThat(zeros.toArray(ValueLayout.JAVA_FLOAT)).containsOnly(0);
    }
    DeviceCall none =
        DeviceCall.builder(DeviceView.of(256, ElementType.FLOAT32, 0, 9)).intTargets(256).build();
    try (DeviceLoss result = cuda.launch(loss, none)) {
      requireEmptyMean(result, emptyMean);
    }
  }

  /** The loss of a row of one class is −x, whatever x is: the sum meets every kind of double. */
  @Test
  void theSumIsExactWhateverTheLossesAre() {
    Random random = new Random(11);
    double[] anyBits =
        LongStream.generate(random::nextLong)
            .mapToDouble(Double::longBitsToDouble)
            .filter(x -> Math.abs(x) < 0x1p1000)
            .limit(400)
            .toArray();
    double tiny = Double.MIN_VALUE;
    double most = Double.MAX_VALUE;
    List<double[]> sums =
        List.of(
            anyBits,
            new double[] {1e300, 1, -1e300, tiny},
            new double[] {tiny, 3 * tiny, -tiny},
            new double[] {Double.MIN_NORMAL, tiny},
            new double[] {-Double.MIN_NORMAL, tiny},
            new double[] {1, 0x1p-53},
            new double[] {1, 0x1p-53, 0x1p-200},
            new double[] {-1, -0x1p-53, -0x1p-200},
            new double[] {0x1.0000000000001p0, 0x1p-53},
            new double[] {0x1p61, 1, 0x1p8, 0x1p-900},
            new double[] {most, most},
            new double[] {most, Math.ulp(most) / 2},
            new double[] {-most, most, most, -1},
            new double[] {1, Double.POSITIVE_INFINITY},
            new double[] {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY},
            new double[] {1, Double.NaN},
            new double[] {0.0, -0.0});
    Loss loss =
        CrossEntropy.builder().input(InputKind.LOG_PROBABILITIES).reduction(Reduction.SUM).build();
    try (CallerStream stream = new CallerStream(context)) {
      for (double[] numbers : sums) {
        ExactSum wanted = new ExactSum();
        for (double x : numbers) {
          wanted.add(-x);
        }
        DeviceView input = stream.send(Matrix.of(numbers, numbers.length, 1));
        long targets = stream.send(new int[numbers.length]).address();
        DeviceCall call =
            DeviceCall.builder(input).intTargets(targets).stream(stream.handle()).build();
        try (DeviceLoss result = cuda.launch(loss, call)) {
          assertThat(Double.doubleToLongBits(result.loss()))
              .as("%s: %s", Arrays.toString(numbers), wanted)
              .isEqualTo(Double.doubleToLongBits(wanted.value()));
        }
      }
    }
  }

  @Test
  void aLaunchWaitsForNothing() {
    Problem problem = new Problem(ElementType.FLOAT32, 12, 30);
    Loss loss = CrossEntropy.builder().classWeights(new Random(1).doubles(30).toArray()).build();
    problem.replaceIgnored(0);
    double wanted = cpu.evaluate(loss, problem.logits, problem.classTargets()).loss();
    try (CallerStream stream = new CallerStream(context)) {
      DeviceCall call = problem.call(stream, stream.send(problem.logits)).build();
      for (int time = 0; time < 2; time++) {
        StandInDriver.set(
            "EMULATED_GPU_FAULTS",
            "cuStreamSynchronize:1+=1,cuEventSynchronize:1+=1,cuCtxSynchronize:1+=1,"
                + "cuMemcpyHtoD_v2:1+=1,cuMemcpyDtoH_v2:1+=1");
        try (DeviceLoss result = cuda.launch(loss, call)) {
          StandInDriver.set("EMULATED_GPU_FAULTS", "");
          assertThat(result.loss()).isCloseTo(wanted, within(2e-6));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"lazy", "lazy:1", "lazy:2", "lazy:3"})
  void twoStreamsRunBesideEachOther(String order) {
    StandInDriver.set("EMULATED_GPU_ORDER", order);
    Loss loss = CrossEntropy.builder().ignoreIndex(IGNORED).build();
    try (CallerStream first = new CallerStream(context);
        CallerStream second = new CallerStream(context)) {
      List<CallerStream> streams = List.of(first, second);
      DeviceLoss[] results = new DeviceLoss[6];
      MemorySegment[] scalars = new MemorySegment[12];
      double[] wanted = new double[12];
      for (int i = 0; i < 12; i++) {
        CallerStream stream = streams.get(i % 2);
        // Ever smaller, so that memory of earlier calls would do.
        Problem problem = new Problem(ElementType.FLOAT32, 40 - i, 12 + i);
        wanted[i] = cpu.evaluate(loss, problem.logits, problem.classTargets()).loss();
        DeviceLoss result =
            cuda.launch(loss, problem.call(stream, stream.send(problem.logits)).build());
        scalars[i] = stream.fetch(result.address(), Double.BYTES);
        if (i < 6) {
          results[i] = result;
        } else {
          // What was enqueued before finds the loss, though its memory goes to the next call.
          result.close();
        }
      }
      for (int i = 0; i < 6; i++) {
        assertThat(results[i].loss()).isCloseTo(wanted[i], within(2e-6));
        results[i].close();
      }
      streams.forEach(CallerStream::synchronize);
      for (int i = 0; i < 12; i++) {
        assertThat(scalars[i].get(ValueLayout.JAVA_DOUBLE, 0))
            .as("call " + i)
            .isCloseTo(wanted[i], within(2e-6));
      }
    }
  }

  @Test
  void otherClassWeightsDoNotReachCallsOnTheirWay() {
    Problem problem = new Problem(ElementType.FLOAT32, 8, 4);
    problem.replaceIgnored(1);
    try (CallerStream stream = new CallerStream(context)) {
      DeviceCall call = problem.call(stream, stream.send(problem.logits)).build();
      MemorySegment[] scalars = new MemorySegment[4];
      double[] wanted = new double[4];
      for (int i = 0; i < 4; i++) {
        Loss loss = CrossEntropy.builder().classWeights(1, 2 + i, 3, 4 * i).build();
        wanted[i] = cpu.evaluate(loss, problem.logits, problem.classTargets()).loss();
        try (DeviceLoss result = cuda.launch(loss, call)) {
          scalars[i] = stream.fetch(result.address(), Double.BYTES);
        }
      }
      stream.synchronize();
      for (int i = 0; i < 4; i++) {
        assertThat(scalars[i].get(ValueLayout.JAVA_DOUBLE, 0)).isCloseTo(wanted[i], within(2e-6));
      }
    }
  }

  @Test
  void aTrainingLoopTakesNoMoreMemoryWithEveryStep() {
    Problem problem = new Problem(ElementType.FLOAT32, 8, 4);
    Loss loss = CrossEntropy.builder().ignoreIndex(IGNORED).build();
    try (CallerStream stream = new CallerStream(context)) {
      DeviceCall call = problem.call(stream, stream.send(problem.logits)).build();
      cuda.launch(loss, call).close();
      long before = NativeHandle.live();
      for (int step = 0; step < 20; step++) {
        cuda.launch(loss, call).close();
      }
      assertThat(NativeHandle.live()).isLessThanOrEqualTo(before);
    }
  }

  @Test
  void whatADeviceCannotDoIsRefused() {
    DeviceView input = DeviceView.of(1024, ElementType.FLOAT32, 4, 8);
    DeviceCall call = DeviceCall.builder(input).intTargets(4096).build();
    assertThatThrownBy(
            () -> cuda.launch(CrossEntropy.builder().reduction(Reduction.NONE).build(), call))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("the reduction is NONE");
    assertThatThrownBy(
            () -> cuda.launch(CrossEntropy.builder().input(InputKind.PROBABILITIES).build(), call))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("the input is PROBABILITIES");
    assertThatThrownBy(() -> cuda.launch(CrossEntropy.builder().classWeights(1, 2).build(), call))
        .hasMessage("there are 2 class weights for 8 classes");
    assertThatThrownBy(() -> cpu.launch(CrossEntropy.builder().build(), call))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("the backend cpu takes no pointers of a device");
    DeviceView shifted = DeviceView.of(1028, ElementType.FLOAT32, 4, 8);
    assertThatThrownBy(() -> DeviceCall.builder(input).intTargets(4096).gradient(shifted).build())
        .hasMessage("the gradient and the input overlap without being the same view");
    assertThatThrownBy(() -> DeviceCall.builder(input).longTargets(4100).build())
        .hasMessageStartingWith("the address of the targets is 4100");
    assertThatThrownBy(() -> DeviceView.of(1026, ElementType.FLOAT32, 4, 8))
        .hasMessage("address is 1026, must be a multiple of 4 bytes other than 0");
  }

  @Test
  void whatIsClosedIsRefusedAndWhatIsNotOutlivesItsEngine() {
    Problem problem = new Problem(ElementType.FLOAT32, 8, 4);
    Loss loss = CrossEntropy.builder().ignoreIndex(IGNORED).build();
    try (CallerStream stream = new CallerStream(context)) {
      DeviceCall call = problem.call(stream, stream.send(problem.logits)).build();
      DeviceLoss closed = cuda.launch(loss, call);
      closed.close();
      closed.close();
      assertThatThrownBy(closed::loss)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the loss is closed");
      try (DeviceLoss open = cuda.launch(loss, call)) {
        // On its way, when the engine frees its memory.
        cuda.launch(loss, call).close();
        cuda.close();
        assertThatThrownBy(() -> cuda.launch(loss, call)).isInstanceOf(IllegalStateException.class);
        assertThat(open.loss())
            .isCloseTo(
                cpu.evaluate(loss, problem.logits, problem.classTargets()).loss(), within(2e-6));
      }
    }
  }

  private static void requireEmptyMean(DeviceLoss result, EmptyMean emptyMean) {
    if (emptyMean == EmptyMean.ZERO) {
      assertThat(result.loss()).isZero();
    } else {
      assertThat(result.loss()).isNaN();
    }
  }

  /** Compares with the host; and the sum, bit for bit, with that of the very same row losses. */
  private void check(Loss loss, ElementType type, int rows, int classes) {
    Problem problem = new Problem(type, rows, classes);
    if (((CrossEntropy) loss).ignoredClass() == null) {
      problem.replaceIgnored(0);
    }
    double tolerance = type == ElementType.FLOAT64 ? 1e-12 : 2e-6;
    LossResult wanted =
        cpu.evaluate(
            loss, problem.logits, problem.classTargets(), Outputs.lossOnly().withRowLosses());
    try (CallerStream stream = new CallerStream(context)) {
      DeviceView gradient = stream.filled(type, rows, classes, 1);
      DeviceBuffer losses = stream.allocate((long) rows * Double.BYTES);
      DeviceCall call =
          problem
              .call(stream, stream.send(problem.logits))
              .gradient(gradient)
              .rowLosses(losses.address())
              .build();
      try (DeviceLoss result = cuda.launch(loss, call)) {
        double value = result.loss();
        assertThat(value)
            .as("%s of %s", loss, problem)
            .isCloseTo(wanted.loss(), within(tolerance * (1 + Math.abs(wanted.loss()))));
        double[] rowLosses = stream.doubles(losses, rows);
        ExactSum sum = new ExactSum();
        for (int row = 0; row < rows; row++) {
          double want = wanted.rowLosses()[row];
          assertThat(rowLosses[row])
              .as("row %d of %s", row, problem)
              .isCloseTo(want, within(tolerance * (1 + Math.abs(want))));
          sum.add(rowLosses[row]);
        }
        double denominator = loss.reduction().denominatorFor(wanted.summary().weightSum(), rows);
        assertThat(value).isEqualTo(sum.value() / denominator);
      }
      MemorySegment written = stream.fetch(gradient);
      requireGradient(written, stream, problem, loss, type, tolerance);
    }
  }

  private void requireGradient(
      MemorySegment got,
      CallerStream stream,
      Problem problem,
      Loss loss,
      ElementType type,
      double tolerance) {
    stream.synchronize();
    int rows = (int) problem.logits.rows();
    int classes = problem.logits.classes();
    double[] wanted = new double[rows * classes];
    cpu.evaluate(
        loss,
        problem.logits,
        problem.classTargets(),
        Outputs.gradientInto(Matrix.of(wanted, rows, classes)));
    double rounding =
        switch (type) {
          case FLOAT16 -> 0x1p-11;
          case BFLOAT16 -> 0x1p-8;
          default -> 0;
        };
    for (int i = 0; i < wanted.length; i++) {
      double error = tolerance + 0x1p-24 + rounding * Math.abs(wanted[i]);
      assertThat(type.get(got, i)).as("element %d", i).isCloseTo(wanted[i], within(error));
    }
  }

  /** Logits and targets, of which some are ignored. */
  private static final class Problem {
    final Matrix logits;
    final int[] targets;

    Problem(ElementType type, int rows, int classes) {
      Random random = new Random(rows * 31L + classes);
      byte[] bytes = new byte[rows * classes * type.bytes()];
      MemorySegment segment = MemorySegment.ofArray(bytes);
      for (int i = 0; i < rows * classes; i++) {
        type.set(segment, i, 2 * random.nextGaussian());
      }
      this.logits = Matrix.of(segment, type, rows, classes);
      this.targets = new int[rows];
      for (int row = 0; row < rows; row++) {
        targets[row] = row % 5 == 3 ? IGNORED : random.nextInt(classes);
      }
    }

    void replaceIgnored(int target) {
      for (int row = 0; row < targets.length; row++) {
        targets[row] = targets[row] == IGNORED ? target : targets[row];
      }
    }

    Targets classTargets() {
      return Targets.classes(targets);
    }

    DeviceCall.Builder call(CallerStream stream, DeviceView input) {
      return DeviceCall.builder(input).intTargets(stream.send(targets).address()).stream(
          stream.handle());
    }

    @Override
    public String toString() {
      return logits.toString();
    }
  }
}
