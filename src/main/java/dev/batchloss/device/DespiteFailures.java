package dev.batchloss.device;

import java.util.Iterator;
import java.util.function.Consumer;

/** What has to be done to every one, though it fails for some. */
final class DespiteFailures {
  private DespiteFailures() {}

  /** Passes every one on, in order; what the last failure threw is thrown afterwards. */
  static <T> void forEach(Iterable<? extends T> all, Consumer<T> action) {
    forRest(all.iterator(), action);
  }

  private static <T> void forRest(Iterator<? extends T> rest, Consumer<T> action) {
    if (rest.hasNext()) {
      try {
        action.accept(rest.next());
      } finally {
        forRest(rest, action);
      }
    }
  }
}
