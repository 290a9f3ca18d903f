package dev.batchloss.bench;

import dev.batchloss.bench.Limit.Outcome;
import dev.batchloss.bench.Limit.Side;
import dev.batchloss.data.ElementType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;

/**
 * Stops a change that makes the {@code cpu} backend several times slower, or lets it allocate with
 * the size of its input. Everything is relative: bytes a call, a loss beside the memory's ceiling
 * in the same second, a variant beside the plain loss.
 *
 * <pre>bench/run gate</pre>
 */
@Command(
    name = "bench/run gate",
    sortOptions = false,
    description = {
      "Checks what a call allocates, and ratios of times, against wide bounds: about a minute.",
      "Exits with 1 if one is not kept in any of several JVMs. No machine is too busy for it: a"
          + " bound is a third or less of what a quiet one reaches."
    })
public final class RegressionGate extends ReportCommand {
  private static final String CPU = "cpu";

  /**
   * Of a call of any size: what each thread keeps its batch in. Vectors that C2 leaves on the heap
   * are more, and so is an array a row.
   */
  private static final double MOST_BYTES = 1 << 20;

  private static final double MOST_TIMES = 2;

  private final RatioMeasurement measurement = new RatioMeasurement(Effort.LEAST, 0);
  private final Map<RatioCase, RatioTable.Row> plainRows = new HashMap<>();
  private final List<Outcome> outcomes = new ArrayList<>();

  /** Runs the gate; exits with 1 if a bound is not kept. */
  public static void main(String[] arguments) {
    execute(new RegressionGate(), arguments);
  }

  @Override
  public Integer call() {
    allocation(forward("1000x1000"));
    allocation(forward("65536x2"));
    allocation(gradient("1000x1000"));
    allocation(gradient("65536x2"));
    allocation(gradient("1000x1000").as(ElementType.FLOAT64));
    allocation(RatioCase.of(CPU, CrossEntropyMetrics.class, "1000x1000").with("accuracy"));
    allocation(binary("1000x1000").as(ElementType.FLOAT64));
    RatioCase large = forward("1024x32000");
    RatioCase short1000 = forward(RatioCase.IN_CACHE);
    ceiling(large, 0.25);
    ceiling(large.in(Memory.NATIVE), 0.15);
    ceiling(short1000, 0.10);
    ceiling(forward(RatioCase.FEW_CLASSES), 0.05);
    ceiling(gradient(large.shape()), 0.13);
    ceiling(gradient(RatioCase.FEW_CLASSES), 0.025);
    ceiling(RatioCase.of(CPU, CrossEntropyGradientInPlace.class, large.shape()), 0.15);
    ceiling(binary("10000x1000"), 0.08);
    times(RatioCase.of(CPU, CrossEntropyLabelSmoothing.class, large.shape()), large);
    times(RatioCase.of(CPU, CrossEntropyMetrics.class, large.shape()).with("accuracy"), large);
    times(large.as(ElementType.BFLOAT16), large);
    times(short1000, forward("8192x1024"));
    times(forward("650x50257"), forward("650x50304"));
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
    judge(
        new Limit(
            "%s, share of the %s".formatted(line.label(), line.ceiling()), Side.AT_LEAST, least),
        () -> {
          RatioTable.Row row = measure(line);
          return Math.max(row.ratio(), row.bestRatio());
        });
  }

  /** Holds a variant's time for an element to a few times that of the plain loss. */
  private void times(RatioCase variant, RatioCase plain) {
    judge(
        new Limit(
            "%s, times the time of %s".formatted(variant.label(), plain.label()),
            Side.AT_MOST,
            MOST_TIMES),
        () -> {
          RatioTable.Row beside = plainRows.computeIfAbsent(plain, this::measure);
          RatioComparison comparison = new RatioComparison(measure(variant), beside, Double.NaN);
          double times = 1 / Math.max(comparison.byTime(), comparison.byShare());
          if (times > MOST_TIMES) {
            // The plain line's measurement may be the odd one.
            plainRows.remove(plain);
          }
          return times;
        });
  }

  private RatioTable.Row measure(RatioCase line) {
    return measurement.measure(Origin.of(command()), List.of(line)).rows().getFirst();
  }

  private static RatioCase forward(String shape) {
    return RatioCase.of(CPU, CrossEntropyForward.class, shape);
  }

  private static RatioCase gradient(String shape) {
    return RatioCase.of(CPU, CrossEntropyGradient.class, shape);
  }

  private static RatioCase binary(String shape) {
    return RatioCase.of(CPU, BinaryCrossEntropyForward.class, shape);
  }

  private void judge(Limit limit, DoubleSupplier measurement) {
    Outcome outcome = limit.judge(measurement);
    outcomes.add(outcome);
    System.out.println(outcome.line());
  }
}
