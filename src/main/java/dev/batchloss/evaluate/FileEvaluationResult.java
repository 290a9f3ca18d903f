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
 * @param backend the backend that ran
 * @param passedOver the backends that would have been preferred, each with the reason it was not
 *     used
 * @param warnings what does not look right but is no error, for people
 * @param bytes the size of the predictions in bytes
 * @param seconds from the opening of the files to the value of the loss
 */
public record FileEvaluationResult(
    LossSummary summary,
    Set<Metric> metrics,
    TargetKind targetKind,
    BackendStatus backend,
    List<BackendStatus> passedOver,
    List<String> warnings,
    long bytes,
    double seconds) {

  /** Copies the collections. */
  public FileEvaluationResult {
    metrics = Set.copyOf(metrics);
    passedOver = List.copyOf(passedOver);
    warnings = List.copyOf(warnings);
  }

  /** Returns the loss, reduced as it was asked for. */
  public double loss() {
    return summary.loss();
  }
}
