package dev.batchloss.bench;

import java.util.Arrays;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * The times of one iteration in which ceiling and loss took turns. JMH reports each public method
 * as a secondary result of the iteration; over several iterations it prints their sum, so read them
 * one by one, as {@link RatioReport} does.
 */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.EVENTS)
public class AlternatingTimes {
  private double[] ceilings = new double[64];
  private double[] losses = new double[64];
  private int turns;

  /** Forgets the last iteration. */
  @Setup(Level.Iteration)
  public void clear() {
    turns = 0;
  }

  void add(double ceilingNanos, double lossNanos) {
    if (turns == losses.length) {
      ceilings = Arrays.copyOf(ceilings, 2 * turns);
      losses = Arrays.copyOf(losses, 2 * turns);
    }
    ceilings[turns] = ceilingNanos;
    losses[turns] = lossNanos;
    turns++;
  }

  /** Returns how often both ran. */
  public long turns() {
    return turns;
  }

  /** Returns the median time of the ceiling's pass in nanoseconds. */
  public double ceilingNanos() {
    return Samples.median(Arrays.copyOf(ceilings, turns));
  }

  /** Returns the median time of the loss in nanoseconds. */
  public double lossNanos() {
    return Samples.median(Arrays.copyOf(losses, turns));
  }

  /** Returns the median, over the turns, of the ceiling's time over the loss's. */
  public double ratio() {
    double[] ratios = new double[turns];
    Arrays.setAll(ratios, i -> ceilings[i] / losses[i]);
    return Samples.median(ratios);
  }
}
