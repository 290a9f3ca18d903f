package dev.batchloss.compat;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.InputKind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code SparseCategoricalCrossentropy}; see {@link Keras#sparseCategoricalCrossentropy()}.
 * Immutable.
 */
public final class KerasSparseCategoricalCrossentropy
    extends KerasLoss<KerasSparseCategoricalCrossentropy> {
  static final KerasSparseCategoricalCrossentropy DEFAULT =
      new KerasSparseCategoricalCrossentropy(DEFAULTS, InputKind.PROBABILITIES, null, -1);

  private final InputKind input;
  private final @Nullable Long ignoreClass;
  private final int axis;

  private KerasSparseCategoricalCrossentropy(
      Options options, InputKind input, @Nullable Long ignoreClass, int axis) {
    super(options);
    this.input = input;
    this.ignoreClass = ignoreClass;
    this.axis = axis;
  }

  @Override
  KerasSparseCategoricalCrossentropy with(Options others) {
    return new KerasSparseCategoricalCrossentropy(others, input, ignoreClass, axis);
  }

  /** {@code from_logits=True}: predictions are logits; else probabilities. */
  public KerasSparseCategoricalCrossentropy fromLogits() {
    return new KerasSparseCategoricalCrossentropy(options, InputKind.LOGITS, ignoreClass, axis);
  }

  /** {@code ignore_class}, none by default: a label whose losses are 0 and count in no mean. */
  public KerasSparseCategoricalCrossentropy ignoreClass(long label) {
    return new KerasSparseCategoricalCrossentropy(options, input, label, axis);
  }

  /** {@code axis}, −1 by default: the axis of the classes. */
  public KerasSparseCategoricalCrossentropy axis(int classAxis) {
    return new KerasSparseCategoricalCrossentropy(options, input, ignoreClass, classAxis);
  }

  @Override
  TensorLoss run(KerasCall call, Tensor yTrue, Tensor yPred) {
    int classAxis = yPred.axes().requireAxis("axis", axis);
    Shape losses = yPred.axes().without(classAxis);
    Tensor labels = KerasShapes.withoutClassAxis(yTrue, yPred, classAxis);
    ClassTargets targets = KerasShapes.classes(labels, yPred, losses);
    CrossEntropy.Builder loss = KerasCategoricalCrossentropy.builder(input);
    KerasWeights weights;
    if (ignoreClass == null) {
      weights = call.weights(losses);
    } else {
      loss.ignoreIndex(ignoreClass);
      weights = call.weights(losses, valid(targets, losses, ignoreClass));
    }
    return call.run(loss.build(), yPred, classAxis, targets, weights, List.of());
  }

  /** 1 where the label is not the ignored one. */
  private static Tensor valid(ClassTargets targets, Shape losses, long ignored) {
    double[] valid = new double[Math.toIntExact(losses.size())];
    for (int i = 0; i < valid.length; i++) {
      valid[i] = targets.at(i) == ignored ? 0 : 1;
    }
    return Tensor.of(valid, losses.lengths());
  }
}
