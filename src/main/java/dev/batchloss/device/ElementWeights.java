package dev.batchloss.device;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import java.lang.foreign.MemorySegment;

/**
 * The weights of a chunk's elements on their way to a device: packed, in what the device computes
 * in. What a stride of 0 spreads over an axis travels once. Immutable.
 */
public final class ElementWeights {
  private final Matrix view;
  private final Matrix distinct;
  private final ElementType arithmetic;

  /**
   * Takes the weights of a chunk.
   *
   * @param view the chunk's view of them
   * @param arithmetic FLOAT32 or FLOAT64: what they become
   */
  ElementWeights(Matrix view, ElementType arithmetic) {
    this.view = view;
    this.arithmetic = arithmetic;
    this.distinct =
        Matrix.strided(
            view.segment(),
            view.type(),
            view.outerStride() == 0 ? 1 : view.outer(),
            view.classStride() == 0 ? 1 : view.classes(),
            view.innerStride() == 0 ? 1 : view.inner(),
            view.outerStride(),
            view.classStride(),
            view.innerStride());
  }

  /** Returns how many bytes they take. */
  public long bytes() {
    return Math.multiplyExact(distinct.rows(), (long) distinct.classes() * arithmetic.bytes());
  }

  /** Writes them. */
  public void write(MemorySegment to) {
    if (distinct.type() == arithmetic) {
      Packing.pack(distinct, to);
      return;
    }
    long inner = distinct.inner();
    for (long row = 0; row < distinct.rows(); row++) {
      long first = row / inner * distinct.classes() * inner + row % inner;
      for (int c = 0; c < distinct.classes(); c++) {
        arithmetic.set(to, first + c * inner, distinct.get(row, c));
      }
    }
  }

  /** Returns the distance, where they were written, between neighbours on the outer axis. */
  public long outerStride() {
    return view.outerStride() == 0 ? 0 : distinct.classes() * distinct.inner();
  }

  /** Returns the distance, where they were written, between neighbouring classes. */
  public long classStride() {
    return view.classStride() == 0 ? 0 : distinct.inner();
  }

  /** Returns the distance, where they were written, between neighbours on the inner axis. */
  public long innerStride() {
    return view.innerStride() == 0 ? 0 : 1;
  }
}
