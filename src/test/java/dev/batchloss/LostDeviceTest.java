package dev.batchloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.batchloss.data.BackendUnavailableException;
import dev.batchloss.data.DeviceException;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.InvalidTargetException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.ProbabilityTargets;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.Reduction;
import dev.batchloss.spi.Backend;
import dev.batchloss.spi.BackendOffer;
import dev.batchloss.spi.BackendOffer.Preference;
import dev.batchloss.spi.BackendOptions;
import dev.batchloss.spi.RowOutcome;
import dev.batchloss.spi.RowRequest;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A device that fails in the middle of a call: the next backend does the rest, and only that. */
class LostDeviceTest {
  private static final int ROWS = 12;
  private static final int CLASSES = 5;

  /** Rows before the failure; with an inner length of 4, 4 falls between outer indices. */
  private static final long[] CUTS = {FailingDevice.AT_ONCE, 0, 1, 4, 6, 11};

  private static final List<Metric> METRICS =
      List.of(
          Metric.ACCURACY,
          Metric.topK(2),
          Metric.PERPLEXITY,
          Metric.ENTROPY,
          Metric.MRR,
          Metric.BRIER,
          Metric.ECE,
          Metric.PER_CLASS);

  private final float[] logits = new float[ROWS * CLASSES];
  private final double[] weights = new double[ROWS];
  private final int[] classes = new int[ROWS];

  LostDeviceTest() {
    Random random = new Random(5);
    for (int i = 0; i < logits.length; i++) {
      logits[i] = 2 * (float) random.nextGaussian();
    }
    for (int row = 0; row < ROWS; row++) {
      weights[row] = 0.25 + random.nextDouble();
      classes[row] = row % 5 == 2 ? -7 : random.nextInt(CLASSES);
    }
  }

  private static final BackendOffer SCALAR = installed("scalar");

  private static BackendOffer installed(String name) {
    return BackendChoice.offers().stream()
        .filter(offer -> offer.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static BatchLoss open(BackendOffer... offers) {
    return new BatchLoss(BackendChoice.among(List.of(offers), "auto").open(BackendOptions.DEFAULT));
  }

  private static CrossEntropy loss(Reduction reduction) {
    return CrossEntropy.builder()
        .ignoreIndex(-7)
        .labelSmoothing(0.1)
        .classWeights(1, 2, 0.5, 1, 3)
        .reduction(reduction)
        .build();
  }

  private Targets targets() {
    return Targets.classes(classes).withSampleWeights(weights);
  }

  private Matrix input(int inner) {
    return Matrix.of(logits.clone(), ROWS / inner, CLASSES, inner);
  }

  private static float[] numbers(Matrix matrix) {
    return (float[]) matrix.segment().heapBase().orElseThrow();
  }

  private static List<Object> numbers(Metrics metrics) {
    return List.of(
        metrics.accuracy(),
        metrics.topK(2),
        metrics.perplexity(),
        metrics.entropy(),
        metrics.meanReciprocalRank(),
        metrics.brier(),
        metrics.expectedCalibrationError(),
        metrics.reliability(),
        metrics.perClass());
  }

  /** Everything that a call returns or writes, and the same without a failure. */
  private record Call(CrossEntropy loss, Matrix input, Targets targets, Outputs outputs) {
    void mustBeUndisturbed(FailingDevice device) {
      Matrix before = Matrix.of(numbers(input).clone(), input.outer(), CLASSES, input.inner());
      LossResult want;
      float[] wantMatrix = new float[0];
      try (BatchLoss engine = open(SCALAR)) {
        want = engine.evaluate(loss, input, targets, outputs);
        if (outputs.matrixFor(input) != null) {
          wantMatrix = numbers(want.matrix()).clone();
        }
      }
      MemorySegment.copy(before.segment(), 0, input.segment(), 0, input.segment().byteSize());
      try (BatchLoss engine = open(device.offer(), SCALAR)) {
        LossResult got = engine.evaluate(loss, input, targets, outputs);
        assertThat(got.backends())
            .extracting(BackendStatus::name)
            .containsExactly(device.name(), "scalar");
        assertThat(device.closed).hasValue(1);
        requireSame(got, want);
        if (outputs.matrixFor(input) != null) {
          assertThat(numbers(got.matrix())).isEqualTo(wantMatrix);
        }
      }
    }

    private void requireSame(LossResult got, LossResult want) {
      assertThat(got.summary().lossSum()).isEqualTo(want.summary().lossSum());
      assertThat(got.summary().weightSum()).isEqualTo(want.summary().weightSum());
      assertThat(got.summary().rows()).isEqualTo(want.summary().rows());
      assertThat(got.summary().counted()).isEqualTo(want.summary().counted());
      assertThat(got.rowLosses()).isEqualTo(want.rowLosses());
      assertThat(got.logSumExp()).isEqualTo(want.logSumExp());
      assertThat(numbers(got.metrics())).isEqualTo(numbers(want.metrics()));
    }
  }

  @Test
  void everythingIsAsIfNothingHadHappened() {
    for (long cut : CUTS) {
      for (int inner : new int[] {1, 4}) {
        for (Reduction reduction :
            List.of(Reduction.MEAN, Reduction.SUM, Reduction.BATCH_MEAN, Reduction.NONE)) {
          Matrix input = input(inner);
          for (Outputs outputs :
              List.of(
                  Outputs.lossOnly(),
                  Outputs.gradientInto(input(inner)),
                  Outputs.gradientInPlace(),
                  Outputs.softmaxInto(input(inner)))) {
            Outputs wanted = outputs.withRowLosses().withLogSumExp().withMetrics(METRICS);
            new Call(loss(reduction), input, targets(), wanted)
                .mustBeUndisturbed(new FailingDevice("cuda:0", cut));
            MemorySegment.copy(
                MemorySegment.ofArray(logits), 0, input.segment(), 0, input.segment().byteSize());
          }
        }
      }
    }
  }

  @Test
  void upstreamIsThatOfTheRow() {
    double[] upstream = weights.clone();
    upstream[7] = 100;
    for (long cut : CUTS) {
      Outputs outputs = Outputs.gradientInPlace().withUpstream(upstream);
      new Call(
              loss(Reduction.NONE),
              input(4),
              targets(),
              outputs.withLogSumExp().withMetrics(METRICS))
          .mustBeUndisturbed(new FailingDevice("cuda:0", cut));
    }
  }

  @Test
  void targetDistributionsAreThoseOfTheRow() {
    for (long cut : CUTS) {
      for (int inner : new int[] {1, 4}) {
        Matrix distributions = input(inner);
        for (int row = 0; row < ROWS; row++) {
          for (int c = 0; c < CLASSES; c++) {
            distributions.set(row, c, (1 + (row + c) % CLASSES) / 15.0);
          }
        }
        Targets soft = new ProbabilityTargets(distributions, null).withSampleWeights(weights);
        CrossEntropy loss = CrossEntropy.builder().labelSmoothing(0.1).build();
        Outputs outputs = Outputs.gradientInPlace().withRowLosses().withLogSumExp();
        new Call(loss, input(inner), soft, outputs.withMetrics(METRICS))
            .mustBeUndisturbed(new FailingDevice("cuda:0", cut));
      }
    }
  }

  @Test
  void theRestHasTheBitsOfTheBackendThatDoesIt() {
    FailingDevice device = new FailingDevice("cuda:0", 5);
    Matrix gradient = input(1);
    try (BatchLoss mixed = open(device.offer(), installed("cpu"), SCALAR);
        BatchLoss cpu = BatchLoss.open("cpu");
        BatchLoss scalar = BatchLoss.open("scalar")) {
      Outputs outputs = Outputs.gradientInto(gradient).withRowLosses();
      CrossEntropy loss = loss(Reduction.MEAN);
      double[] first = scalar.evaluate(loss, input(1), targets(), outputs).rowLosses();
      float[] firstGradient = numbers(gradient).clone();
      double[] rest = cpu.evaluate(loss, input(1), targets(), outputs).rowLosses();
      float[] restGradient = numbers(gradient).clone();
      double[] got = mixed.evaluate(loss, input(1), targets(), outputs).rowLosses();
      for (int row = 0; row < ROWS; row++) {
        assertThat(got[row]).isEqualTo(row < 5 ? first[row] : rest[row]);
      }
      for (int i = 0; i < restGradient.length; i++) {
        assertThat(numbers(gradient)[i])
            .isEqualTo(i < 5 * CLASSES ? firstGradient[i] : restGradient[i]);
      }
      assertThat(mixed.backend().name()).isEqualTo("cpu");
    }
  }

  @Test
  void severalInARow() {
    FailingDevice first = new FailingDevice("cuda:0", 3);
    FailingDevice second = new FailingDevice("cuda:1", FailingDevice.AT_ONCE);
    FailingDevice third = new FailingDevice("opencl:0", 6);
    Matrix inPlace = input(4);
    Matrix want = input(4);
    Outputs outputs = Outputs.gradientInPlace().withMetrics(METRICS);
    try (BatchLoss scalar = open(SCALAR);
        BatchLoss engine =
            open(
                first.offer(),
                second.offer(),
                BackendOffer.unavailable("cuda:2", Preference.CUDA_GPU, "no driver"),
                third.offer(Preference.OPENCL_GPU),
                SCALAR)) {
      double wantLoss = scalar.evaluate(loss(Reduction.MEAN), want, targets(), outputs).loss();
      LossResult result = engine.evaluate(loss(Reduction.MEAN), inPlace, targets(), outputs);
      assertThat(result.loss()).isEqualTo(wantLoss);
      assertThat(numbers(inPlace)).isEqualTo(numbers(want));
      assertThat(result.backends())
          .extracting(BackendStatus::name)
          .containsExactly("cuda:0", "cuda:1", "opencl:0", "scalar");
      assertThat(result.passedOver())
          .extracting(status -> status.name() + " " + status.reason())
          .containsExactly(
              "cuda:0 failed during a call: waiting for cuda:0: DEVICE_LOST (-36)",
              "cuda:1 failed during a call: waiting for cuda:1: DEVICE_LOST (-36)",
              "cuda:2 no driver",
              "opencl:0 failed during a call: waiting for opencl:0: DEVICE_LOST (-36)");
      assertThat(Stream.of(first, second, third)).allMatch(device -> device.closed.get() == 1);
    }
  }

  @Test
  void laterCallsRunOnTheReplacement() {
    FailingDevice device = new FailingDevice("cuda:0", ROWS + 3);
    try (BatchLoss engine = open(device.offer(), SCALAR)) {
      CrossEntropy loss = loss(Reduction.MEAN);
      LossResult before = engine.evaluate(loss, input(1), targets());
      assertThat(before.backends()).extracting(BackendStatus::name).containsExactly("cuda:0");
      assertThat(engine.passedOver()).isEmpty();
      engine.evaluate(loss, input(1), targets());
      LossResult after = engine.evaluate(loss, input(1), targets());
      assertThat(after.backends()).singleElement().isEqualTo(engine.backend());
      assertThat(after.backend().name()).isEqualTo("scalar");
      assertThat(after.passedOver()).extracting(BackendStatus::name).containsExactly("cuda:0");
      assertThat(after.loss()).isEqualTo(before.loss());
    }
    assertThat(device.closed).hasValue(1);
  }

  @Test
  void oneThatWasAskedForIsReplacedToo() {
    FailingDevice device = new FailingDevice("opencl:0", 4);
    BackendOffer cuda = BackendOffer.unavailable("cuda:0", Preference.CUDA_GPU, "no driver");
    BackendOffer offer = device.offer(Preference.ON_REQUEST);
    try (BatchLoss engine =
        new BatchLoss(
            BackendChoice.among(List.of(cuda, SCALAR, offer), "opencl")
                .open(BackendOptions.DEFAULT))) {
      assertThat(engine.passedOver()).isEmpty();
      LossResult result = engine.evaluate(loss(Reduction.MEAN), input(1), targets());
      assertThat(result.backend().name()).isEqualTo("scalar");
      assertThat(result.passedOver())
          .extracting(BackendStatus::name)
          .containsExactly("cuda:0", "opencl:0");
    }
  }

  /** The next is the best that can run, whatever was asked for first. */
  @Test
  void oneThatWasAskedForMayBeReplacedByABetterOne() {
    FailingDevice device = new FailingDevice("opencl:0", 4);
    BackendOffer better = BackendOffer.available("cuda:0", Preference.CUDA_GPU, "", SCALAR::open);
    try (BatchLoss engine =
        new BatchLoss(
            BackendChoice.among(
                    List.of(better, device.offer(Preference.OPENCL_GPU), SCALAR), "opencl:0")
                .open(BackendOptions.DEFAULT))) {
      LossResult result = engine.evaluate(loss(Reduction.MEAN), input(1), targets());
      assertThat(result.passedOver()).extracting(BackendStatus::name).containsExactly("opencl:0");
      assertThat(result.backends()).hasSize(2);
    }
  }

  @Test
  void whereNoneIsLeftTheFailureIsTheError() {
    FailingDevice first = new FailingDevice("cuda:0", 3);
    FailingDevice last = new FailingDevice("cuda:1", 3);
    try (BatchLoss engine = open(first.offer(), last.offer())) {
      assertThatExceptionOfType(DeviceException.class)
          .isThrownBy(() -> engine.evaluate(loss(Reduction.MEAN), input(1), targets()))
          .withMessage("waiting for cuda:1: DEVICE_LOST (-36)")
          .satisfies(
              e -> {
                assertThat(e).isExactlyInstanceOf(DeviceException.class);
                assertThat(e.getSuppressed())
                    .singleElement()
                    .isInstanceOf(BackendUnavailableException.class);
              });
    }
    assertThat(first.closed).hasValue(1);
    assertThat(last.closed).hasValue(1);
  }

  @Test
  void whatIsBadInTheRestIsToldByItsRowOfAll() {
    Matrix input = input(4);
    for (int row = 0; row < ROWS; row++) {
      for (int c = 0; c < CLASSES; c++) {
        input.set(row, c, row == 10 ? 0.5 : 0.2);
      }
    }
    Targets targets = Targets.classes(new int[ROWS]);
    CrossEntropy loss = CrossEntropy.builder().input(InputKind.PROBABILITIES).build();
    for (String rest : List.of("scalar", "cpu")) {
      FailingDevice device = new FailingDevice("cuda:0", 6);
      try (BatchLoss engine = open(device.offer(), installed(rest))) {
        assertThatExceptionOfType(InvalidDataException.class)
            .isThrownBy(() -> engine.evaluate(loss, input, targets))
            .withMessageContaining("probabilities of row 10 sum to 2.5");
      }
      assertThat(device.closed).hasValue(1);
    }
  }

  @Test
  void aBadTargetIsNoFailureOfTheDevice() {
    FailingDevice device = new FailingDevice("cuda:0", 6);
    classes[9] = CLASSES;
    try (BatchLoss engine = open(device.offer(), SCALAR)) {
      assertThatExceptionOfType(InvalidTargetException.class)
          .isThrownBy(() -> engine.evaluate(loss(Reduction.MEAN), input(1), targets()))
          .satisfies(e -> assertThat(e.row()).isEqualTo(9));
      assertThat(engine.backend().name()).isEqualTo("cuda:0");
    }
  }

  /** One that answers anything but what it was asked. */
  private static final class PickyBackend implements Backend {
    @Override
    public String name() {
      return "opencl:0";
    }

    @Override
    public String detail() {
      return "";
    }

    @Override
    public RowOutcome run(RowRequest<Matrix> request) {
      throw new BackendUnavailableException("opencl:0 does not compute in double");
    }

    @Override
    public void close() {}
  }

  @Test
  void aReplacementThatCannotRunTheRestIsPassedOver() {
    BackendOffer picky =
        BackendOffer.available("opencl:0", Preference.OPENCL_GPU, "", _ -> new PickyBackend());
    FailingDevice device = new FailingDevice("cuda:0", 5);
    try (BatchLoss engine = open(device.offer(), picky, SCALAR);
        BatchLoss alone = open(picky, SCALAR);
        BatchLoss scalar = open(SCALAR)) {
      CrossEntropy loss = loss(Reduction.MEAN);
      assertThat(engine.evaluate(loss, input(1), targets()).loss())
          .isEqualTo(scalar.evaluate(loss, input(1), targets()).loss());
      assertThat(engine.backend().name()).isEqualTo("scalar");
      assertThatExceptionOfType(BackendUnavailableException.class)
          .isThrownBy(() -> alone.evaluate(loss, input(1), targets()));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 7})
  void callsThatFailTogetherOpenOneReplacement(int callers) throws Exception {
    FailingDevice device = new FailingDevice("cuda:0", 2);
    CyclicBarrier allHaveFailed = new CyclicBarrier(callers);
    device.beforeFailure = () -> await(allHaveFailed);
    AtomicInteger opened = new AtomicInteger();
    BackendOffer counting =
        BackendOffer.available(
            "scalar",
            Preference.SCALAR_CPU,
            "",
            options -> {
              opened.incrementAndGet();
              return SCALAR.open(options);
            });
    try (BatchLoss engine = open(device.offer(), counting);
        BatchLoss scalar = open(SCALAR);
        ExecutorService threads = Executors.newFixedThreadPool(callers)) {
      double want = scalar.evaluate(loss(Reduction.MEAN), input(1), targets()).loss();
      List<Future<LossResult>> results = new ArrayList<>();
      for (int i = 0; i < callers; i++) {
        results.add(
            threads.submit(() -> engine.evaluate(loss(Reduction.MEAN), input(1), targets())));
      }
      for (Future<LossResult> result : results) {
        assertThat(result.get().loss()).isEqualTo(want);
        assertThat(result.get().backends())
            .extracting(BackendStatus::name)
            .containsExactly("cuda:0", "scalar");
      }
      assertThat(opened).hasValue(1);
      assertThat(device.opened).hasValue(1);
      assertThat(device.closed).hasValue(1);
    }
    assertThat(device.closed).hasValue(1);
  }

  /** A call that has moved on leaves the failed backend open to one that is still on it. */
  @Test
  void theFailedBackendIsClosedWhenItsLastCallHasLeft() {
    FailingDevice device = new FailingDevice("cuda:0", 2);
    try (BatchLoss engine = open(device.offer(), SCALAR);
        BatchLoss scalar = open(SCALAR)) {
      CrossEntropy loss = loss(Reduction.MEAN);
      double want = scalar.evaluate(loss, input(1), targets()).loss();
      List<Double> inner = new ArrayList<>();
      device.beforeFailure =
          () -> {
            device.beforeFailure = () -> {};
            Thread other =
                Thread.startVirtualThread(
                    () -> inner.add(engine.evaluate(loss, input(1), targets()).loss()));
            join(other);
            assertThat(engine.backend().name()).isEqualTo("scalar");
            assertThat(device.closed).hasValue(0);
          };
      assertThat(engine.evaluate(loss, input(1), targets()).loss()).isEqualTo(want);
      assertThat(inner).containsExactly(want);
      assertThat(device.closed).hasValue(1);
    }
  }

  @Test
  void closingWaitsForACallThatHasToMoveOn() {
    FailingDevice device = new FailingDevice("cuda:0", 2);
    BatchLoss engine = open(device.offer(), SCALAR);
    double want;
    try (BatchLoss scalar = open(SCALAR)) {
      want = scalar.evaluate(loss(Reduction.MEAN), input(1), targets()).loss();
    }
    AtomicReference<Thread> closer = new AtomicReference<>();
    device.beforeFailure =
        () -> {
          closer.set(Thread.ofPlatform().start(engine::close));
          while (closer.get().getState() != Thread.State.WAITING && closer.get().isAlive()) {
            Thread.onSpinWait();
          }
        };
    LossResult result = engine.evaluate(loss(Reduction.MEAN), input(1), targets());
    assertThat(result.backend().name()).isEqualTo("scalar");
    assertThat(result.loss()).isEqualTo(want);
    join(closer.get());
    assertThat(device.closed).hasValue(1);
    assertThatIllegalStateException()
        .isThrownBy(() -> engine.evaluate(loss(Reduction.MEAN), input(1), targets()))
        .withMessage("this BatchLoss is closed");
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
