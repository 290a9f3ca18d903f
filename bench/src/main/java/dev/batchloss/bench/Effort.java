package dev.batchloss.bench;

/**
 * How much is spent on a line of a report that JMH measures; an iteration takes a second.
 *
 * @param warmups iterations of each JVM that do not count
 * @param iterations those that do
 * @param rounds how many JVMs measure each line
 */
record Effort(int warmups, int iterations, int rounds) {
  static final Effort QUICK = new Effort(3, 4, 1);
  static final Effort FULL = new Effort(5, 5, 3);

  /** Returns the same with so many JVMs a line, or itself for 0. */
  Effort withRounds(int count) {
    return count == 0 ? this : new Effort(warmups, iterations, count);
  }
}
