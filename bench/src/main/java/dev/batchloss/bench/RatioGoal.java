package dev.batchloss.bench;

import dev.batchloss.data.ElementType;

/**
 * The ratios that the project holds itself to on a machine with two processors, an OpenCL device
 * being those processors.
 */
final class RatioGoal {
  private RatioGoal() {}

  /** Returns the goal of a line, NaN where none is set. */
  static double of(RatioCase line) {
    if (RatioCase.isOpenCl(line.backend())) {
      return ofDevice(line);
    }
    boolean forward = isForward(line);
    return switch (line.type()) {
      case FLOAT64 -> forward ? 0.80 : Double.NaN;
      case FLOAT16, BFLOAT16 -> Double.NaN;
      case FLOAT32 -> {
        if (line.question() == BinaryCrossEntropyForward.class) {
          yield 0.80;
        }
        if (line.question() == CrossEntropyGradientInPlace.class) {
          yield isLarge(line) ? 0.65 : Double.NaN;
        }
        yield forward || line.question() == CrossEntropyGradient.class
            ? ofShape(line.shape(), forward ? 0.90 : 0.80)
            : Double.NaN;
      }
    };
  }

  /**
   * Returns the goal of a shape. Short rows cost arithmetic rather than memory, with a gradient and
   * without.
   */
  private static double ofShape(String shape, double large) {
    return switch (shape) {
      case RatioCase.LARGE, RatioCase.MOST_CLASSES -> large;
      case RatioCase.IN_CACHE -> 0.60;
      case RatioCase.FEW_CLASSES -> 0.30;
      default -> Double.NaN;
    };
  }

  private static double ofDevice(RatioCase line) {
    return line.type() == ElementType.FLOAT32
            && isForward(line)
            && line.memory() == Memory.NATIVE
            && !line.isKeptInCache()
            && !line.shape().equals(RatioCase.FEW_CLASSES)
        ? 0.50
        : Double.NaN;
  }

  private static boolean isForward(RatioCase line) {
    return line.question() == CrossEntropyForward.class
        || line.question() == CrossEntropyAfterMixedUse.class;
  }

  private static boolean isLarge(RatioCase line) {
    return line.shape().equals(RatioCase.LARGE) || line.shape().equals(RatioCase.MOST_CLASSES);
  }
}
