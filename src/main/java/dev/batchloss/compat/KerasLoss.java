package dev.batchloss.compat;

import dev.batchloss.BatchLoss;
import dev.batchloss.plan.MatrixOutput;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the losses of {@link Keras} share. Immutable: every option returns another object, and an
 * object may be used by many threads at once.
 *
 * @param <T> the loss itself
 */
public abstract sealed class KerasLoss<T extends KerasLoss<T>>
    permits KerasBinaryCrossentropy,
        KerasBinaryFocalCrossentropy,
        KerasCategoricalCrossentropy,
        KerasCategoricalFocalCrossentropy,
        KerasCategoricalGeneralizedCrossEntropy,
        KerasComparison,
        KerasCosineSimilarity,
        KerasHuber,
        KerasSparseCategoricalCrossentropy {
  static final Options DEFAULTS = new Options(EngineCall.SHARED, KerasReduction.MEAN, null);

  /**
   * What every loss can be asked for.
   *
   * @param call the engine and what multiplies the gradient
   * @param reduction how the losses become one number
   * @param mask 1 for what counts, or null
   */
  record Options(EngineCall call, KerasReduction reduction, @Nullable Tensor mask) {}

  final Options options;

  KerasLoss(Options options) {
    this.options = options;
  }

  /** The same loss otherwise. */
  abstract T with(Options others);

  /** Checks the shapes, lowers the loss and runs it. */
  abstract TensorLoss run(KerasCall call, Tensor yTrue, Tensor yPred);

  /**
   * How the losses become one number: {@code sum_over_batch_size} (the default) or {@code mean},
   * {@code mean_with_sample_weight}, {@code sum}, and {@code none} or null, Python's None.
   *
   * @throws IllegalArgumentException if Keras does not know it
   */
  public T reduction(@Nullable String name) {
    return with(new Options(options.call, KerasReduction.named(name), options.mask));
  }

  /**
   * The mask that Keras hands over with {@code y_pred}: 1 for losses that count, 0 for others; of
   * the losses' shape or one that broadcasts to it. Means are over those that count.
   */
  public T mask(Tensor ofLosses) {
    return with(
        new Options(options.call, options.reduction, Objects.requireNonNull(ofLosses, "mask")));
  }

  /** Runs on this engine, which stays the caller's, instead of the one that the facades share. */
  public T on(BatchLoss engine) {
    EngineCall call = options.call.on(Objects.requireNonNull(engine, "engine"));
    return with(new Options(call, options.reduction, options.mask));
  }

  /** Multiplies the gradient of a loss that is reduced to one number. */
  public T upstream(double derivative) {
    return upstream(Tensor.scalar(derivative));
  }

  /**
   * Multiplies the gradient: one number for a reduced loss, else one a loss, in their shape.
   * Without it the gradient of unreduced losses is that of their sum.
   */
  public T upstream(Tensor derivatives) {
    EngineCall call = options.call.withUpstream(Objects.requireNonNull(derivatives, "upstream"));
    return with(new Options(call, options.reduction, options.mask));
  }

  /**
   * Computes the loss; blocks until it is there and only reads the tensors.
   *
   * @param yTrue what the predictions should have been
   * @param yPred the predictions
   * @throws IllegalArgumentException if shapes or options are what Keras refuses
   * @throws dev.batchloss.data.InvalidTargetException if a class index is out of range
   */
  public TensorLoss evaluate(Tensor yTrue, Tensor yPred) {
    return start(yTrue, yPred, null, MatrixOutput.NONE);
  }

  /**
   * The same with sample weights.
   *
   * @param sampleWeight finite; broadcast to the losses as Keras does, after an axis of length 1 at
   *     the end was dropped or added
   */
  public TensorLoss evaluate(Tensor yTrue, Tensor yPred, Tensor sampleWeight) {
    Objects.requireNonNull(sampleWeight, "sampleWeight");
    return start(yTrue, yPred, sampleWeight, MatrixOutput.NONE);
  }

  /** The same, and the gradient with respect to {@code yPred}, in its shape and element type. */
  public TensorLoss withGradient(Tensor yTrue, Tensor yPred) {
    return start(yTrue, yPred, null, MatrixOutput.GRADIENT);
  }

  /** The same with sample weights. */
  public TensorLoss withGradient(Tensor yTrue, Tensor yPred, Tensor sampleWeight) {
    Objects.requireNonNull(sampleWeight, "sampleWeight");
    return start(yTrue, yPred, sampleWeight, MatrixOutput.GRADIENT);
  }

  private TensorLoss start(
      Tensor yTrue, Tensor yPred, @Nullable Tensor sampleWeight, MatrixOutput output) {
    Objects.requireNonNull(yTrue, "yTrue");
    Objects.requireNonNull(yPred, "yPred");
    KerasWeights.Ranks ranks = KerasWeights.Ranks.aligned(yTrue.axes(), yPred.axes());
    Tensor alignedTrue = yTrue.reshape(ranks.first());
    Tensor alignedPred = yPred.reshape(ranks.second());
    KerasCall call = new KerasCall(options, sampleWeight, output);
    return run(call, alignedTrue, alignedPred).withGradientIn(yPred.axes());
  }
}
