package dev.batchloss.compat;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The three arguments that name a reduction in PyTorch, as {@code torch.nn._reduction} reads them.
 *
 * @param name {@code reduction}
 * @param sizeAverage the deprecated {@code size_average}, or null
 * @param reduce the deprecated {@code reduce}, or null
 */
record TorchReduction(String name, @Nullable Boolean sizeAverage, @Nullable Boolean reduce) {
  static final TorchReduction MEAN = new TorchReduction("mean", null, null);

  private static final String OLD_MEAN = "elementwise_mean";

  TorchReduction named(String other) {
    return new TorchReduction(other, sizeAverage, reduce);
  }

  TorchReduction averaging(boolean value) {
    return new TorchReduction(name, value, reduce);
  }

  TorchReduction reducing(boolean value) {
    return new TorchReduction(name, sizeAverage, value);
  }

  /** The reduction that is meant: the deprecated arguments win. */
  String meant() {
    if (!isDeprecated()) {
      return name.equals(OLD_MEAN) ? "mean" : name;
    }
    if (Boolean.FALSE.equals(reduce)) {
      return "none";
    }
    return Boolean.FALSE.equals(sizeAverage) ? "sum" : "mean";
  }

  List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    if (isDeprecated()) {
      warnings.add(
          "size_average and reduce args will be deprecated, please use reduction='%s' instead."
              .formatted(meant()));
    } else if (name.equals(OLD_MEAN)) {
      warnings.add(
          "reduction='elementwise_mean' is deprecated, please use reduction='mean' instead.");
    }
    return warnings;
  }

  private boolean isDeprecated() {
    return sizeAverage != null || reduce != null;
  }
}
