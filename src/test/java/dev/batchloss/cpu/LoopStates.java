package dev.batchloss.cpu;

/** Decides for tests what time decides elsewhere: whether loops run on vectors. */
public final class LoopStates {
  private LoopStates() {}

  /** From now on all of them do. */
  public static void compiled() {
    for (VectorLoop loop : VectorLoop.values()) {
      loop.finish();
    }
  }

  /** Each runs number by number until it has had its first elements, as in a new JVM. */
  public static void cold() {
    for (VectorLoop loop : VectorLoop.values()) {
      loop.restart();
    }
  }
}
