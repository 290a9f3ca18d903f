package dev.batchloss.compat;

import dev.batchloss.data.Matrix;
import dev.batchloss.plan.ExactSum;
import dev.batchloss.plan.Reduction;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What Keras' {@code reduce_weighted_values} makes of sample weights and a mask: one weight a loss,
 * the shape that the weighted losses have, and what their sum is divided by.
 *
 * @param ofLosses one weight a loss, in their shape, or null for ones
 * @param shape of the weighted losses
 * @param divisor of their sum; 1 where there is none
 * @param repetition of losses that are not reduced over a greater shape; null where each loss
 *     stands once, or losses are reduced
 */
record KerasWeights(
    @Nullable Tensor ofLosses, Shape shape, double divisor, @Nullable Repetition repetition) {

  /**
   * Broadcasts and counts.
   *
   * @param losses the shape of the losses
   * @param sampleWeight as it was handed over, or null
   * @param mask 1 for what counts and 0 for what does not, or null
   * @throws IllegalArgumentException if the shapes do not broadcast
   */
  static KerasWeights of(
      Shape losses, @Nullable Tensor sampleWeight, @Nullable Tensor mask, KerasReduction way) {
    Tensor weights = withMask(sampleWeight, mask, way);
    if (weights == null) {
      return new KerasWeights(null, losses, divisor(way, losses, null), null);
    }
    Ranks ranks = Ranks.aligned(losses, weights.axes());
    Shape shape = ranks.first().broadcastWith(ranks.second(), "the losses and sample_weight");
    Tensor spread = weights.reshape(ranks.second()).broadcastTo(shape);
    boolean isRepeated = shape.size() != losses.size() && way == KerasReduction.NONE;
    return new KerasWeights(
        spread.sumTo(ranks.first()).reshape(losses),
        shape,
        divisor(way, shape, weights),
        isRepeated ? new Repetition(spread, ranks.first()) : null);
  }

  /**
   * The same for losses that are weighted once more. Repeated ones are weighted afterwards: their
   * targets have these weights already.
   */
  KerasWeights times(Tensor shares) {
    if (repetition != null) {
      return this;
    }
    Tensor products = ofLosses == null ? shares : shares.times(ofLosses);
    return new KerasWeights(products, shape, divisor, null);
  }

  /** How the core reduces; where the divisor is 0 the sum, which nobody looks at. */
  Reduction reduction(KerasReduction way) {
    if (way == KerasReduction.NONE) {
      return Reduction.NONE;
    }
    return divisor == 1 || divisor == 0 ? Reduction.SUM : Reduction.sumOver(divisor);
  }

  /** Whether Keras' {@code divide_no_nan} makes 0 of the loss. */
  boolean divideByZero() {
    return divisor == 0;
  }

  /** The weights as one column, or null for ones. */
  @Nullable Matrix column() {
    return ofLosses == null ? null : ofLosses.elements();
  }

  /** A single loss is never divided. */
  private static double divisor(KerasReduction way, Shape shape, @Nullable Tensor weights) {
    if (shape.rank() == 0) {
      return 1;
    }
    return switch (way) {
      case NONE, SUM -> 1;
      case MEAN -> shape.size();
      case MEAN_WITH_SAMPLE_WEIGHT -> weights == null ? shape.size() : sum(weights);
    };
  }

  /** For a mean over all losses the mask is scaled so that it becomes one over those that count. */
  private static @Nullable Tensor withMask(
      @Nullable Tensor sampleWeight, @Nullable Tensor mask, KerasReduction way) {
    if (mask == null) {
      return sampleWeight;
    }
    double[] counts = mask.toDoubles();
    if (way == KerasReduction.MEAN) {
      double valid = sum(mask);
      double scale = valid == 0 ? 0 : counts.length / valid;
      Arrays.setAll(counts, i -> counts[i] * scale);
    }
    Tensor scaled = Tensor.of(counts, mask.shape());
    if (sampleWeight == null) {
      return scaled;
    }
    Ranks ranks = Ranks.aligned(scaled.axes(), sampleWeight.axes());
    Shape shape = ranks.first().broadcastWith(ranks.second(), "the mask and sample_weight");
    return scaled
        .reshape(ranks.first())
        .broadcastTo(shape)
        .times(sampleWeight.reshape(ranks.second()).broadcastTo(shape));
  }

  private static double sum(Tensor tensor) {
    ExactSum sum = new ExactSum();
    for (long i = 0; i < tensor.size(); i++) {
      sum.add(tensor.at(i));
    }
    return sum.value();
  }

  /**
   * Losses that weights of a greater shape repeat.
   *
   * @param weights in that shape
   * @param losses the shape that is repeated
   */
  record Repetition(Tensor weights, Shape losses) {
    /** The repeated losses, weighted. */
    Tensor of(Tensor once) {
      return once.reshape(losses).broadcastTo(weights.axes()).times(weights);
    }

    /** What multiplies the gradient of each loss, given what multiplies that of its repetitions. */
    Tensor upstream(@Nullable Tensor ofRepeated, Shape ofLosses) {
      if (ofRepeated != null && !ofRepeated.axes().equals(weights.axes())) {
        throw new IllegalArgumentException(
            "upstream has shape %s, must be that of the losses, %s"
                .formatted(ofRepeated.axes(), weights.axes()));
      }
      Tensor factors = ofRepeated == null ? weights : weights.times(ofRepeated);
      return factors.sumTo(losses).reshape(ofLosses);
    }
  }

  /**
   * Keras' {@code squeeze_or_expand_to_same_rank}: where ranks differ by one and the longer shape
   * ends with 1, that axis is dropped, or given to the other if that has rank 1.
   */
  record Ranks(Shape first, Shape second) {
    static Ranks aligned(Shape first, Shape second) {
      if (first.rank() == second.rank() + 1 && endsWithOne(first)) {
        return second.rank() == 1
            ? new Ranks(first, expanded(second))
            : new Ranks(first.without(first.rank() - 1), second);
      }
      if (second.rank() == first.rank() + 1 && endsWithOne(second)) {
        return first.rank() == 1
            ? new Ranks(expanded(first), second)
            : new Ranks(first, second.without(second.rank() - 1));
      }
      return new Ranks(first, second);
    }

    private static boolean endsWithOne(Shape shape) {
      return shape.length(shape.rank() - 1) == 1;
    }

    private static Shape expanded(Shape shape) {
      return Shape.of(shape.length(0), 1);
    }
  }
}
