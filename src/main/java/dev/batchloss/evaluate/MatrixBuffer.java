package dev.batchloss.evaluate;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.io.NumericType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory for elements of a file and their view as a matrix; integers are converted. */
final class MatrixBuffer {
  /** What native vectors like best to be aligned to. */
  private static final int ALIGNMENT = 64;

  private final NumericType type;
  private final ElementType elementType;
  private final MemorySegment raw;
  private final MemorySegment elements;

  /**
   * Allocates.
   *
   * @param type what the file has
   * @param integersAs what integers are converted to
   */
  MatrixBuffer(NumericType type, ElementType integersAs, long mostElements, Arena arena) {
    this.type = type;
    this.elementType = type.elementType().orElse(integersAs);
    this.raw = arena.allocate(mostElements * type.bytes(), ALIGNMENT);
    this.elements =
        type.isFloating() ? raw : arena.allocate(mostElements * elementType.bytes(), ALIGNMENT);
  }

  /** Returns the memory that a file's elements are read into. */
  MemorySegment raw() {
    return raw;
  }

  /** Returns a view of the elements that were read last. */
  Matrix view(long outer, int classes, long inner) {
    if (!type.isFloating()) {
      long count = outer * classes * inner;
      for (long i = 0; i < count; i++) {
        elementType.set(elements, i, type.toDouble(raw, i));
      }
    }
    return Matrix.of(elements, elementType, outer, classes, inner);
  }
}
