package dev.batchloss.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * The times of one iteration in which loss and ceiling took turns. JMH reports each public method
 * as a secondary result of the iteration; over several iterations it prints their sum, so read them
 * one by one, as {@link RatioReport} does.
 */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.EVENTS)
public class AlternatingTimes {
  private final OperatingSystemMXBean system =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
  private double[] losses = new double[64];
  private double[] ceilings = new double[64];
  private int turns;

  /** Forgets the last iteration. */
  @Setup(Level.Iteration)
  public void clear() {
    turns = 0;
    others();
  }

  void add(double lossNanos, double ceilingNanos) {
    if (turns == losses.length) {
      losses = Arrays.copyOf(losses, 2 * turns);
      ceilings = Arrays.copyOf(ceilings, 2 * turns);
    }
    losses[turns] = lossNanos;
    ceilings[turns] = ceilingNanos;
    turns++;
  }

  /** Returns how often both ran. */
  public long turns() {
    return turns;
  }

  /** Returns the median time of the loss in nanoseconds. */
  public double lossNanos() {
    return Samples.median(Arrays.copyOf(losses, turns));
  }

  /** Returns the median time of the ceiling in nanoseconds. */
  public double ceilingNanos() {
    return Samples.median(Arrays.copyOf(ceilings, turns));
  }

  /** Returns the median, over the turns, of the ceiling's time over the loss's. */
  public double ratio() {
    double[] ratios = new double[turns];
    Arrays.setAll(ratios, i -> ceilings[i] / losses[i]);
    return Samples.median(ratios);
  }

  /** Returns the shortest time of the loss in nanoseconds. */
  public double bestLossNanos() {
    return Samples.quantile(Arrays.copyOf(losses, turns), 0);
  }

  /** Returns the shortest time of the ceiling in nanoseconds. */
  public double bestCeilingNanos() {
    return Samples.quantile(Arrays.copyOf(ceilings, turns), 0);
  }

  /** Returns the share of all processors, 0..1, that other processes used since the last call. */
  public double others() {
    return Math.max(0, system.getCpuLoad() - system.getProcessCpuLoad());
  }
}
