package dev.batchloss.loss;

import dev.batchloss.plan.ClassWeights;
import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.InputTransform;
import dev.batchloss.plan.Reduction;
import org.jspecify.annotations.Nullable;

/**
 * Collects the options that every loss of the target class' probability has; a subclass adds those
 * of one loss.
 *
 * @param <B> the subclass
 */
public abstract class TargetClassLossBuilder<B extends TargetClassLossBuilder<B>> {
  InputTransform transform = PlainInput.transform(InputKind.LOGITS);
  @Nullable ClassWeights classWeights;
  @Nullable Long ignoredClass;
  Reduction reduction = Reduction.MEAN;
  EmptyMean emptyMean = EmptyMean.NAN;

  TargetClassLossBuilder() {}

  /** What the numbers of the matrix are; LOGITS unless said. */
  public B input(InputKind kind) {
    return transform(PlainInput.transform(kind));
  }

  /** Likewise, and how they become p: scaled and capped, or normalised and clipped. */
  public B transform(InputTransform way) {
    this.transform = way;
    return self();
  }

  /**
   * One weight a class; copied.
   *
   * @throws IllegalArgumentException if a weight is not finite
   */
  public B classWeights(double... weights) {
    this.classWeights = ClassWeights.of(weights);
    return self();
  }

  /** Rows with this class target contribute nothing; there is none unless said. */
  public B ignoreIndex(long classIndex) {
    this.ignoredClass = classIndex;
    return self();
  }

  /** How the row losses become one number; MEAN unless said. */
  public B reduction(Reduction way) {
    this.reduction = way;
    return self();
  }

  /** What the mean over no counted row is; NaN unless said. */
  public B emptyMean(EmptyMean value) {
    this.emptyMean = value;
    return self();
  }

  abstract B self();
}
