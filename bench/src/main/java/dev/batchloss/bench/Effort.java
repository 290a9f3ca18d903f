package dev.batchloss.bench;

import java.time.Duration;

/**
 * How much is spent on a line of a report that JMH measures.
 *
 * @param warmups iterations of each JVM that do not count
 * @param iterations those that do
 * @param iterationTime how long one is
 * @param rounds how many JVMs measure each line
 */
record Effort(int warmups, int iterations, Duration iterationTime, int rounds) {
  /** Enough to see that something is several times slower than it was, vectors being compiled. */
  static final Effort LEAST = new Effort(8, 2, Duration.ofMillis(300), 1);

  /** Enough for a point of a chart; a new JVM compiles vectors for two seconds, on a processor. */
  static final Effort GLANCE = new Effort(6, 3, Duration.ofMillis(500), 1);

  static final Effort QUICK = new Effort(3, 4, Duration.ofSeconds(1), 1);
  static final Effort FULL = new Effort(5, 5, Duration.ofSeconds(1), 3);

  /** Returns the same with so many JVMs a line, or itself for 0. */
  Effort withRounds(int count) {
    return count == 0 ? this : new Effort(warmups, iterations, iterationTime, count);
  }
}
