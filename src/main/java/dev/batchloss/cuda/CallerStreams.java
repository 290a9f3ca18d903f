package dev.batchloss.cuda;

import java.lang.reflect.Constructor;
import jcuda.driver.CUstream;

/** Streams that come as a number. JCuda has a constructor for these, but keeps it to itself. */
final class CallerStreams {
  private CallerStreams() {}

  /**
   * Returns what JCuda takes for a stream.
   *
   * @throws IllegalStateException if this JCuda has no such constructor
   */
  static CUstream of(long handle) {
    try {
      Constructor<CUstream> constructor = CUstream.class.getDeclaredConstructor(long.class);
      constructor.setAccessible(true);
      return constructor.newInstance(handle);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this JCuda takes no stream by its handle", e);
    }
  }
}
