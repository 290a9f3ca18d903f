package dev.batchloss.bench;

import dev.batchloss.bench.Limit.Outcome;
import dev.batchloss.bench.Limit.Side;
import dev.batchloss.data.ElementType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;

/**
 * Stops a change that makes the {@code cpu} backend several times slower, or lets it allocate with
 * the size of its input. Everything is relative: bytes a call, a loss beside the memory's ceiling
 * in the same second, a variant beside the plain loss. All of it runs in one JVM, which has then
 * used many kinds of input.
 *
 * <pre>bench/run gate</pre>
 */
@Command(
    name = "bench/run gate",
    sortOptions = false,
    description = {
      "Checks what a call allocates, and ratios of times taken by turns, against wide bounds: under"
          + " a minute.",
      "Exits with 1 if one is not kept however often it is measured. No machine is too busy for it:"
          + " a bound is a third or less of what a quiet one reaches."
    })
public final class RegressionGate extends ReportCommand {
  private static final String CPU = "cpu";

  /** Of a call of any size; a few objects and what the threads hand to each other. */
  private static final double MOST_BYTES = 16 << 10;

  private static final Duration ATTEMPT = Duration.ofMillis(800);
  private static final double MOST_TIMES = 2;

  private final List<Outcome> outcomes = new ArrayList<>();

  /** Runs the gate; exits with 1 if a bound is not kept. */
  public static void main(String[] arguments) {
    execute(new RegressionGate(), arguments);
  }

  @Override
  public Integer call() {
    for (String shape : List.of("1000x1000", "65536x2")) {
      allocation(RatioCase.of(CPU, CrossEntropyForward.class, shape));
      allocation(RatioCase.of(CPU, CrossEntropyGradient.class, shape));
    }
    RatioCase large = RatioCase.of(CPU, CrossEntropyForward.class, "1024x32000");
    ceiling(large, 0.25);
    ceiling(large.in(Memory.NATIVE), 0.15);
    ceiling(RatioCase.of(CPU, CrossEntropyForward.class, RatioCase.IN_CACHE), 0.10);
    ceiling(RatioCase.of(CPU, CrossEntropyForward.class, RatioCase.FEW_CLASSES), 0.05);
    ceiling(RatioCase.of(CPU, CrossEntropyGradient.class, large.shape()), 0.13);
    ceiling(RatioCase.of(CPU, CrossEntropyGradient.class, RatioCase.FEW_CLASSES), 0.05);
    ceiling(RatioCase.of(CPU, CrossEntropyGradientInPlace.class, large.shape()), 0.15);
    ceiling(RatioCase.of(CPU, BinaryCrossEntropyForward.class, "10000x1000"), 0.05);
    times(RatioCase.of(CPU, CrossEntropyLabelSmoothing.class, large.shape()), large);
    times(RatioCase.of(CPU, CrossEntropyMetrics.class, large.shape()).with("accuracy"), large);
    times(large.as(ElementType.BFLOAT16), large);
    times(forward("8192x1000"), forward("8192x1024"));
    times(forward("650x50257"), forward("650x50304"));
    times(forward("400000x77"), forward("400000x80"));
    long failed = outcomes.stream().filter(outcome -> !outcome.isHeld()).count();
    if (failed > 0) {
      progress("%d of %d bounds are not kept", failed, outcomes.size());
    }
    return failed == 0 ? ExitCode.OK : ExitCode.SOFTWARE;
  }

  private void allocation(RatioCase line) {
    judge(
        new Limit(line.label() + ", bytes allocated a call", Side.AT_MOST, MOST_BYTES),
        () -> Allocation.bytesPerCall(line));
  }

  private void ceiling(RatioCase line, double least) {
    try (OpenBenchmark open = OpenBenchmark.of(line)) {
      judge(
          new Limit(
              "%s, share of the %s".formatted(line.label(), line.ceiling()), Side.AT_LEAST, least),
          () -> {
            AlternatingTimes times = open.alternate(ATTEMPT);
            return Math.max(times.ratio(), times.bestCeilingNanos() / times.bestLossNanos());
          });
    }
  }

  /** Holds a variant's time for an element to a few times that of the plain loss. */
  private void times(RatioCase variant, RatioCase plain) {
    double elements =
        (double) Shape.parse(variant.shape()).elements() / Shape.parse(plain.shape()).elements();
    try (OpenBenchmark open = OpenBenchmark.of(variant);
        OpenBenchmark other = OpenBenchmark.of(plain)) {
      judge(
          new Limit(
              "%s, times the time of %s".formatted(variant.label(), plain.label()),
              Side.AT_MOST,
              MOST_TIMES),
          () -> {
            AlternatingTimes times = open.alternate(other, ATTEMPT);
            return Math.min(1 / times.ratio(), times.bestLossNanos() / times.bestCeilingNanos())
                / elements;
          });
    }
  }

  private static RatioCase forward(String shape) {
    return RatioCase.of(CPU, CrossEntropyForward.class, shape);
  }

  private void judge(Limit limit, DoubleSupplier measurement) {
    Outcome outcome = limit.judge(measurement);
    outcomes.add(outcome);
    System.out.println(outcome.line());
  }
}
