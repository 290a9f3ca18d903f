package dev.batchloss.opencl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.batchloss.BatchLoss;
import dev.batchloss.Outputs;
import dev.batchloss.data.InvalidTargetException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.device.NativeHandle;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Many calls of every kind from many threads on one backend: every one right, and afterwards no
 * more handles and no more memory than before.
 */
final class Soak {
  private static final int THREADS = 8;

  /** Enough for the compilers to be done and every slot to have met every kind of call. */
  private static final int WARM_UP = 12_000;

  private static final int CALLS = 10_000;

  /**
   * What the process may grow by. Calls that left a page each behind would make it 40 MB; what
   * remains is the allocator's and the compilers'.
   */
  private static final long TOLERATED_KILOBYTES = 16_000;

  /**
   * What an open backend may hold at any time: eight slots, each with a queue, ten buffers, three
   * kernels and three matrices that are used in place. A call that forgets a handle is found before
   * the collector helps it out.
   */
  private static final long HANDLES_IN_USE = 8 * (1 + 10 + 3 + 3);

  private static final float UNTOUCHED = 42;

  private final BatchLoss engine;
  private final List<SoakCase> cases;
  private final AtomicLong mostHandles = new AtomicLong();

  private Soak(BatchLoss engine, List<SoakCase> cases) {
    this.engine = engine;
    this.cases = cases;
  }

  /** What is done with a case. */
  private enum Way {
    LOSS,
    GRADIENT,
    GRADIENT_IN_PLACE,
    BAD_TARGET
  }

  public static void main(String[] arguments) throws Exception {
    List<SoakCase> cases = SoakCase.all();
    try (BatchLoss engine = BatchLoss.open("opencl")) {
      // Compiled programs stay for the life of the process.
      new Soak(engine, cases).everyKindOnce();
    }
    long handlesBefore = NativeHandle.live();
    long kilobytes;
    try (BatchLoss engine = BatchLoss.open("opencl")) {
      Soak soak = new Soak(engine, cases);
      soak.callFromManyThreads(0, WARM_UP);
      long warm = residentKilobytes();
      soak.callFromManyThreads(WARM_UP, WARM_UP + CALLS);
      kilobytes = residentKilobytes() - warm;
      assertThat(soak.mostHandles.get() - handlesBefore)
          .as("handles at a time")
          .isLessThanOrEqualTo(HANDLES_IN_USE);
    }
    System.out.println(
        "%d calls: grew by %d kB; handles: %d before, %d after"
            .formatted(CALLS, kilobytes, handlesBefore, NativeHandle.live()));
    assertThat(NativeHandle.live()).as("handles").isEqualTo(handlesBefore);
    assertThat(kilobytes).as("growth in kB").isLessThanOrEqualTo(TOLERATED_KILOBYTES);
  }

  private void everyKindOnce() {
    for (SoakCase each : cases) {
      for (Way way : Way.values()) {
        call(each, way, false);
        call(each, way, true);
      }
    }
  }

  private void callFromManyThreads(int from, int to) throws Exception {
    try (ExecutorService callers = Executors.newFixedThreadPool(THREADS)) {
      List<Future<?>> callings = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        int first = from + t;
        callings.add(
            callers.submit(
                () ->
                    IntStream.iterate(first, number -> number < to, number -> number + THREADS)
                        .forEach(this::call)));
      }
      for (Future<?> calling : callings) {
        calling.get();
      }
    }
  }

  /** The kind of a call follows from its number. */
  private void call(int number) {
    SplittableRandom random = new SplittableRandom(number);
    SoakCase chosen = cases.get(random.nextInt(cases.size()));
    Way way = Way.values()[random.nextInt(Way.values().length)];
    call(chosen, way, random.nextBoolean());
    assertThat(engine.passedOver()).isEmpty();
    mostHandles.accumulateAndGet(NativeHandle.live(), Math::max);
  }

  private void call(SoakCase chosen, Way way, boolean isNative) {
    try (Arena arena = Arena.ofShared()) {
      Matrix input = chosen.matrix(isNative ? arena : null);
      Matrix output = chosen.matrix(isNative ? arena : null);
      output.segment().fill((byte) 0);
      switch (way) {
        case LOSS ->
            chosen.requireLoss(engine.evaluate(chosen.loss(), input, chosen.targets()).loss());
        case GRADIENT -> evaluate(chosen, input, output, Outputs.gradientInto(output));
        case GRADIENT_IN_PLACE -> evaluate(chosen, input, input, Outputs.gradientInPlace());
        case BAD_TARGET -> refuse(chosen, input, output);
      }
    }
  }

  private void evaluate(SoakCase chosen, Matrix input, Matrix gradient, Outputs outputs) {
    chosen.requireLoss(engine.evaluate(chosen.loss(), input, chosen.targets(), outputs).loss());
    chosen.requireGradient(gradient);
  }

  private void refuse(SoakCase chosen, Matrix input, Matrix output) {
    MemorySegment memory = output.segment();
    memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 0, UNTOUCHED);
    Targets bad = chosen.targetsWithOneBad();
    assertThatExceptionOfType(InvalidTargetException.class)
        .isThrownBy(() -> engine.evaluate(chosen.loss(), input, bad, Outputs.gradientInto(output)))
        .satisfies(e -> assertThat(e.row()).isEqualTo(SoakCase.BAD_ROW));
    assertThat(memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0)).isEqualTo(UNTOUCHED);
  }

  /** What the process has in memory, after garbage is gone. */
  private static long residentKilobytes() throws IOException {
    System.gc();
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .map(line -> line.replaceAll("[^0-9]", ""))
          .mapToLong(Long::parseLong)
          .findFirst()
          .orElseThrow();
    }
  }
}
