package dev.batchloss.loss;

import dev.batchloss.plan.ClassWeights;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.InputTransform;
import org.jspecify.annotations.Nullable;

/**
 * Collects the options that every loss of the target class' probability has; a subclass adds those
 * of one loss.
 *
 * @param <B> the subclass
 */
public abstract class TargetClassLossBuilder<B extends TargetClassLossBuilder<B>>
    extends LossBuilder<B> {
  InputTransform transform = PlainInput.transform(InputKind.LOGITS);
  @Nullable ClassWeights classWeights;
  @Nullable Long ignoredClass;

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
}
