package dev.batchloss.compat;

/** The shapes that PyTorch's classification losses take, and its words where it takes one not. */
final class TorchShapes {
  private TorchShapes() {}

  /**
   * Returns the axis of the classes: the only one of an unbatched input (C), else 1 of (N, C, d1,
   * ...).
   *
   * @throws IllegalArgumentException if there is no axis, or no class
   */
  static int classAxis(Tensor input) {
    if (input.rank() == 0) {
      throw new IllegalArgumentException(
          "input has shape [], must have 1 or more dimensions: (C), (N, C) or (N, C, d1, ...)");
    }
    int axis = input.rank() == 1 ? 0 : 1;
    if (input.axes().length(axis) == 0) {
      throw new IllegalArgumentException(
          "input has shape %s, must have 1 or more classes".formatted(input.axes()));
    }
    return axis;
  }

  /** Refuses class indices that are not one a row, or no integers. */
  static void requireClassIndices(Tensor input, Tensor target, Shape wanted) {
    if (input.rank() > 1
        && target.rank() > 0
        && input.axes().length(0) != target.axes().length(0)) {
      throw new IllegalArgumentException(
          "target has shape %s: expected input batch_size (%d) to match target batch_size (%d)"
              .formatted(target.axes(), input.axes().length(0), target.axes().length(0)));
    }
    if (!target.axes().equals(wanted)) {
      throw new IllegalArgumentException(
          "target has shape %s: expected target size %s for input of shape %s"
              .formatted(target.axes(), wanted, input.axes()));
    }
    if (!target.isIntegral()) {
      throw new IllegalArgumentException(
          "target is %s: class indices must be integers".formatted(target));
    }
  }

  /** Returns one finite weight a class. */
  static double[] classWeights(Tensor weight, long classes) {
    if (weight.rank() != 1 || weight.size() != classes) {
      throw new IllegalArgumentException(
          "weight tensor should be defined either for all %d classes or no classes but got weight"
                  .formatted(classes)
              + " tensor of shape: "
              + weight.axes());
    }
    return weight.toDoubles();
  }
}
