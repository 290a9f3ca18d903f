package dev.batchloss.bench;

import dev.batchloss.data.Matrix;
import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;

/**
 * What one writes without a library: a parallel stream over the rows of an array, {@link Math#exp}
 * and {@link Math#log}. The driver gives the common pool as many threads as everyone has.
 */
public final class StreamsPeer implements Peer {
  private float[] logits = {};
  private int[] targets = {};
  private float[] gradient = {};
  private int classes;

  /** Prepared before anything is asked. */
  public StreamsPeer() {}

  @Override
  public Memory memory() {
    return Memory.HEAP;
  }

  @Override
  public void prepare(Matrix logits, int[] targets, Matrix gradient, int threads) {
    this.logits = (float[]) logits.array();
    this.gradient = (float[]) gradient.array();
    this.targets = targets;
    this.classes = logits.classes();
  }

  @Override
  public String version() {
    return "JDK " + Runtime.version();
  }

  @Override
  public double loss() {
    return IntStream.range(0, targets.length)
        .parallel()
        .mapToDouble(row -> logSum(row) - logits[row * classes + targets[row]])
        .average()
        .orElse(Double.NaN);
  }

  @Override
  public double lossAndGradient() {
    return IntStream.range(0, targets.length)
        .parallel()
        .mapToDouble(this::lossAndGradientOf)
        .average()
        .orElse(Double.NaN);
  }

  @Override
  public MemorySegment gradient() {
    return MemorySegment.ofArray(gradient);
  }

  @Override
  public void close() {}

  private double logSum(int row) {
    int from = row * classes;
    float maximum = Float.NEGATIVE_INFINITY;
    for (int i = from; i < from + classes; i++) {
      maximum = Math.max(maximum, logits[i]);
    }
    double sum = 0;
    for (int i = from; i < from + classes; i++) {
      sum += Math.exp(logits[i] - maximum);
    }
    return maximum + Math.log(sum);
  }

  private double lossAndGradientOf(int row) {
    double logSum = logSum(row);
    int from = row * classes;
    int rows = targets.length;
    for (int i = from; i < from + classes; i++) {
      gradient[i] = (float) (Math.exp(logits[i] - logSum) / rows);
    }
    gradient[from + targets[row]] -= 1f / rows;
    return logSum - logits[from + targets[row]];
  }
}
