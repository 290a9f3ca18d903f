package dev.batchloss.compat;

import dev.batchloss.Outputs;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.Reduction;
import java.util.function.Function;

/** Softmax and its logarithm along an axis: what a row loss writes besides, on the shared engine. */
final class SoftmaxCall {
  /** Any loss over logits will do: what it comes to is not looked at. */
  private static final CrossEntropy ANY_LOSS =
      CrossEntropy.builder().reduction(Reduction.SUM).build();

  private SoftmaxCall() {}

  static Tensor softmax(Tensor input, int axis) {
    return along(input, axis, Outputs::softmaxInto);
  }

  static Tensor logSoftmax(Tensor input, int axis) {
    return along(input, axis, Outputs::logSoftmaxInto);
  }

  private static Tensor along(Tensor input, int axis, Function<Matrix, Outputs> outputs) {
    if (input.isIntegral()) {
      throw new IllegalArgumentException("input is %s, must be floating point".formatted(input));
    }
    Tensor written = Tensor.allocate(input.type(), input.axes());
    if (input.size() > 0) {
      Matrix rows = input.rows(axis);
      Targets first = Targets.classes(new int[Math.toIntExact(rows.rows())]);
      SharedEngine.get().evaluate(ANY_LOSS, rows, first, outputs.apply(written.rows(axis)));
    }
    return written;
  }
}
