package dev.batchloss.evaluate;

/** Is told how far an evaluation has come. */
@FunctionalInterface
public interface ProgressListener {
  /**
   * Called after each block, in the thread that evaluates; an exception ends the evaluation.
   *
   * @param rowsDone how many rows have been evaluated
   * @param rows how many there are
   */
  void onRows(long rowsDone, long rows);
}
