package dev.batchloss.spi;

/**
 * What the user may choose of a backend.
 *
 * @param threads how many threads compute, the calling one included; 0 for as many as the machine
 *     has
 */
public record BackendOptions(int threads) {
  /** Everything left to the backend. */
  public static final BackendOptions DEFAULT = new BackendOptions(0);

  /** Checks the number of threads. */
  public BackendOptions {
    if (threads < 0) {
      throw new IllegalArgumentException("threads is " + threads + ", must not be negative");
    }
  }

  /** Returns the number of threads to use on this machine. */
  public int threadsOrAll() {
    return threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
  }
}
