package dev.batchloss.compat;

import dev.batchloss.BatchLoss;
import dev.batchloss.Outputs;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.Reduction;
import java.util.function.Function;

/** Softmax and its logarithm along an axis: what a row loss writes besides. */
final class SoftmaxCall {
  /** Any loss over logits will do: what it comes to is not looked at. */
  private static final CrossEntropy ANY_LOSS =
      CrossEntropy.builder().reduction(Reduction.SUM).build();

  private SoftmaxCall() {}

  /** One of the two below. */
  interface AlongAxis {
    Tensor apply(BatchLoss engine, Tensor input, int axis);
  }

  /** On the shared engine, along an axis that a user named; of rank 0 there is one of length 1. */
  static Tensor inShape(Tensor input, String name, int axis, AlongAxis function) {
    Shape shape = input.axes();
    Tensor ranked = shape.rank() == 0 ? input.reshape(Shape.of(1)) : input;
    int known = ranked.axes().requireAxis(name, axis);
    return function.apply(SharedEngine.get(), ranked, known).reshape(shape);
  }

  static Tensor softmax(BatchLoss engine, Tensor input, int axis) {
    return along(engine, input, axis, Outputs::softmaxInto);
  }

  static Tensor logSoftmax(BatchLoss engine, Tensor input, int axis) {
    return along(engine, input, axis, Outputs::logSoftmaxInto);
  }

  private static Tensor along(
      BatchLoss engine, Tensor input, int axis, Function<Matrix, Outputs> outputs) {
    if (input.isIntegral()) {
      throw new IllegalArgumentException("input is %s, must be floating point".formatted(input));
    }
    Tensor written = Tensor.allocate(input.type(), input.axes());
    if (input.size() > 0) {
      Matrix rows = input.rows(axis);
      Targets first = Targets.classes(new int[Math.toIntExact(rows.rows())]);
      engine.evaluate(ANY_LOSS, rows, first, outputs.apply(written.rows(axis)));
    }
    return written;
  }
}
