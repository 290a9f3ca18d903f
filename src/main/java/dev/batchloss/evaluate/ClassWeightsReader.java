package dev.batchloss.evaluate;

import dev.batchloss.data.InvalidDataException;
import dev.batchloss.io.NumericFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Reads one finite number a class, of any numeric type. */
final class ClassWeightsReader {
  private ClassWeightsReader() {}

  /**
   * Reads the weights.
   *
   * @param file has as many elements as there are classes, on any one axis
   * @param what they are: "class" or something more special
   * @param input the predictions, for messages
   */
  static double[] read(NumericFile file, String what, int classes, NumericFile input)
      throws IOException {
    if (file.header().elements() != classes) {
      throw new InvalidDataException(
          "%s: is %s, expected %d %s weights for %s of %s"
              .formatted(
                  file.name(),
                  file.header().description(),
                  classes,
                  what,
                  input.name(),
                  input.header().description()));
    }
    double[] weights = new double[classes];
    try (Arena arena = Arena.ofConfined()) {
      long[] count = file.shape().stream().mapToLong(Long::longValue).toArray();
      MemorySegment elements = arena.allocate(file.header().bytes());
      file.read(new long[count.length], count, elements);
      for (int c = 0; c < classes; c++) {
        weights[c] = file.type().toDouble(elements, c);
        if (!Double.isFinite(weights[c])) {
          throw new InvalidDataException(
              "%s: weight of class %d is %s, must be finite".formatted(file.name(), c, weights[c]));
        }
      }
    }
    return weights;
  }
}
