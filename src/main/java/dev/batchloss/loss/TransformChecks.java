package dev.batchloss.loss;

import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.InputTransform;
import dev.batchloss.plan.Normalization;
import java.util.Objects;

/**
 * Whether an {@link InputTransform} has a meaning: its numbers, and those of other kinds unused.
 */
final class TransformChecks {
  private TransformChecks() {}

  static void check(InputTransform transform) {
    Objects.requireNonNull(transform, "transform");
    Objects.requireNonNull(transform.kind(), "input");
    if (transform.kind() == InputKind.LOGITS) {
      checkLogits(transform);
    } else {
      checkNoLogitOptions(transform);
    }
    if (transform.kind() == InputKind.PROBABILITIES) {
      checkProbabilities(transform);
    } else {
      checkNoProbabilityOptions(transform);
    }
  }

  static void require(boolean holds, String name, double value, String wanted) {
    if (!holds) {
      throw new IllegalArgumentException(name + " is " + value + ", must be " + wanted);
    }
  }

  private static void checkLogits(InputTransform transform) {
    double scale = transform.logitScale();
    require(Double.isFinite(scale) && scale > 0, "logitScale", scale, "finite and > 0");
    require(transform.softcap() > 0, "softcap", transform.softcap(), "> 0");
  }

  private static void checkNoLogitOptions(InputTransform transform) {
    String otherwise = " unless the input is LOGITS, it is " + transform.kind();
    double scale = transform.logitScale();
    require(scale == 1, "logitScale", scale, "1" + otherwise);
    double softcap = transform.softcap();
    require(softcap == Double.POSITIVE_INFINITY, "softcap", softcap, "absent" + otherwise);
  }

  private static void checkProbabilities(InputTransform transform) {
    Objects.requireNonNull(transform.normalization(), "normalization");
    double low = transform.clipLow();
    require(low >= 0 && low < Double.POSITIVE_INFINITY, "clipLow", low, "finite and >= 0");
    double high = transform.clipHigh();
    require(high > 0 && high >= low, "clipHigh", high, "> 0 and at least clipLow, " + low);
    double tolerance = transform.sumTolerance();
    require(tolerance >= 0, "sumTolerance", tolerance, ">= 0");
  }

  private static void checkNoProbabilityOptions(InputTransform transform) {
    String otherwise = " unless the input is PROBABILITIES, it is " + transform.kind();
    if (transform.normalization() != Normalization.NONE) {
      throw new IllegalArgumentException(
          "normalization is " + transform.normalization() + ", must be NONE" + otherwise);
    }
    double low = transform.clipLow();
    require(low == 0, "clipLow", low, "0" + otherwise);
    double high = transform.clipHigh();
    require(high == Double.POSITIVE_INFINITY, "clipHigh", high, "infinite" + otherwise);
    double tolerance = transform.sumTolerance();
    require(tolerance == Double.POSITIVE_INFINITY, "sumTolerance", tolerance, "absent" + otherwise);
  }
}
