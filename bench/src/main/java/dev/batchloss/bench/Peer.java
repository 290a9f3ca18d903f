package dev.batchloss.bench;

import dev.batchloss.data.Matrix;
import java.lang.foreign.MemorySegment;
import java.util.Set;

/**
 * A library, or one way of calling it, that computes the mean cross-entropy of a batch. A peer
 * lives in a JVM of its own, where it is prepared once, checked against the definition and then
 * timed. Calls come from one thread and block until the result is there.
 */
public interface Peer extends AutoCloseable {
  /** Returns where the library best reads its logits. */
  default Memory memory() {
    return Memory.NATIVE;
  }

  /** Returns what can be asked of it. */
  default Set<PeerPass> passes() {
    return Set.of(PeerPass.FORWARD, PeerPass.GRADIENT);
  }

  /**
   * Makes everything ready that a caller with many batches of this shape makes once. It is not
   * timed: a library that cannot use the logits where they are copies them here.
   *
   * @param logits rows × classes of FLOAT32, row-major, in {@link #memory()}; valid until closing
   * @param targets the class of each row
   * @param gradient memory like that of the logits; a library that can write its gradient to a
   *     given place writes it here
   * @param threads how many threads may compute
   * @throws Exception if the library cannot be used
   */
  void prepare(Matrix logits, int[] targets, Matrix gradient, int threads) throws Exception;

  /**
   * Returns the version of the library that runs, in its own words.
   *
   * @throws Exception if the library does not say
   */
  String version() throws Exception;

  /**
   * Returns the mean loss.
   *
   * @throws Exception if the library fails
   */
  double loss() throws Exception;

  /**
   * Returns the mean loss and computes its gradient; asked only where {@link #passes()} says so.
   *
   * @throws Exception if the library fails
   */
  double lossAndGradient() throws Exception;

  /**
   * As {@link #lossAndGradient()}, over the logits.
   *
   * @throws Exception if the library fails
   */
  default double lossAndGradientInPlace() throws Exception {
    throw new UnsupportedOperationException("this library writes no gradient over its logits");
  }

  /**
   * Returns the gradient of the last {@link #lossAndGradient()}: rows × classes of FLOAT32,
   * row-major, valid until the next call.
   *
   * @throws Exception if the library fails
   */
  MemorySegment gradient() throws Exception;

  /** Frees what the library holds. */
  @Override
  void close();
}
