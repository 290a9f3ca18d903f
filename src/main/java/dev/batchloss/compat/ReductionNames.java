package dev.batchloss.compat;

import dev.batchloss.plan.Reduction;
import java.util.Map;
import java.util.TreeMap;

/**
 * A library's words for its reductions.
 *
 * @param meanings what each word means
 */
record ReductionNames(Map<String, Reduction> meanings) {
  ReductionNames {
    meanings = Map.copyOf(meanings);
  }

  /**
   * Returns what a word means.
   *
   * @throws IllegalArgumentException if the library does not know it
   */
  Reduction named(String reduction) {
    Reduction meaning = meanings.get(reduction);
    if (meaning == null) {
      throw new IllegalArgumentException(
          "reduction is '%s', must be one of %s"
              .formatted(reduction, String.join(", ", new TreeMap<>(meanings).keySet())));
    }
    return meaning;
  }
}
