package dev.batchloss.device;

import dev.batchloss.data.ElementType;
import dev.batchloss.plan.ClassWeights;
import java.lang.foreign.MemorySegment;

/** Class weights as kernels read them: in whole vectors, zeros behind the last. */
public final class PaddedWeights {
  private static final int PADDING = 16;

  private PaddedWeights() {}

  /** Returns how many bytes they take. */
  public static long bytes(ClassWeights weights, ElementType type) {
    return ((long) weights.classes() + PADDING) * type.bytes();
  }

  /** Writes them. */
  public static void write(ClassWeights weights, ElementType type, MemorySegment to) {
    to.fill((byte) 0);
    for (int c = 0; c < weights.classes(); c++) {
      type.set(to, c, weights.at(c));
    }
  }
}
