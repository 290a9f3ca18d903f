package dev.batchloss.bench;

import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;

/**
 * Where the figures of a report come from.
 *
 * @param command what makes others like them
 * @param started when it began, ISO 8601
 * @param commit the checkout, with a word where it has changes; "unknown" outside of one
 * @param machine where it ran
 * @param loadBefore the system's load average before anything was measured, negative if unknown
 */
record Origin(String command, String started, String commit, Machine machine, double loadBefore) {

  /** Returns that of a report that begins now. */
  static Origin of(String command) {
    return new Origin(
        command,
        OffsetDateTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.SECONDS).toString(),
        System.getenv().getOrDefault("BATCHLOSS_BENCH_COMMIT", "unknown"),
        Machine.here(),
        Machine.load());
  }

  /** Returns it in sentences, the last of them open for more. */
  String text() {
    return "`%s`, %s, commit %s.\n%s. Load average before: %.2f."
        .formatted(command, started, commit, machine.text(), loadBefore);
  }
}
