package dev.batchloss.evaluate;

import dev.batchloss.BackendStatus;
import dev.batchloss.LossSummary;
import dev.batchloss.Metric;
import dev.batchloss.plan.TargetKind;
import java.util.List;
import java.util.Set;

/**
 * What the evaluation of files returned.
 *
 * @param summary the exact sums and counts of all rows, to merge with those of other files; its
 *     loss is the one that was asked for, with the class weights of the file, if there was one
 * @param metrics what the summary tells besides the loss
 * @param targetKind what the targets were taken for
 * @param backends the backends that ran: one, unless a device failed meanwhile; the last did the
 *     rest, those before it are not available any more, each with the reason
 * @param passedOver the backends that would have been preferred, each with the reason it was not
 *     used, and those that failed
 * @param warnings what does not look right but is no error, for people
 * @param bytes the size of the predictions in bytes
 * @param seconds from the opening of the files to the value of the loss
 */
public record FileEvaluationResult(
    LossSummary summary,
    Set<Metric> metrics,
    TargetKind targetKind,
    List<BackendStatus> backends,
    List<BackendStatus> passedOver,
    List<String> warnings,
    long bytes,
    double seconds) {

  /** Copies the collections. */
  public FileEvaluationResult {
    metrics = Set.copyOf(metrics);
    backends = List.copyOf(backends);
    passedOver = List.copyOf(passedOver);
    warnings = List.copyOf(warnings);
  }

  /** Returns the backend that ran, to the end. */
  public BackendStatus backend() {
    return backends.getLast();
  }

  /** Returns the loss, reduced as it was asked for. */
  public double loss() {
    return summary.loss();
  }
}
