package dev.batchloss.opencl;

import dev.batchloss.data.BackendUnavailableException;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.ProbabilityTargets;
import dev.batchloss.data.Targets;
import dev.batchloss.data.ValueTargets;
import dev.batchloss.device.RowArithmetic;
import dev.batchloss.spi.RowRequest;
import org.jspecify.annotations.Nullable;

/** What a device computes the rows of a call in: one without doubles, always in floats. */
final class DeviceArithmetic {
  private DeviceArithmetic() {}

  /**
   * Returns FLOAT32 or FLOAT64.
   *
   * @throws BackendUnavailableException if a matrix is of doubles and the device has none
   */
  static ElementType of(RowRequest<?> request, DeviceDescription device) {
    if (device.fp64()) {
      return RowArithmetic.of(request);
    }
    requireNoDoubles("input", request.input().type(), device);
    requireNoDoubles("target matrix", typeOf(request.targets()), device);
    requireNoDoubles("output", request.output() == null ? null : request.output().type(), device);
    return ElementType.FLOAT32;
  }

  private static @Nullable ElementType typeOf(@Nullable Targets targets) {
    return switch (targets) {
      case ProbabilityTargets soft -> soft.probabilities().type();
      case ValueTargets compared -> compared.values().type();
      case null, default -> null;
    };
  }

  private static void requireNoDoubles(
      String what, @Nullable ElementType type, DeviceDescription device) {
    if (type == ElementType.FLOAT64) {
      throw new BackendUnavailableException(
          "the %s is FLOAT64, and %s does not compute in double".formatted(what, device.name()));
    }
  }
}
