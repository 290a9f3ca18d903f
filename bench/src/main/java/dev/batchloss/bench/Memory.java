package dev.batchloss.bench;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import java.lang.foreign.Arena;

/** Where the numbers of a matrix stand. */
public enum Memory {
  /** In a Java array. */
  HEAP {
    @Override
    Matrix allocate(ElementType type, long rows, int classes, Arena arena) {
      int length = Math.toIntExact(rows * classes);
      return switch (type) {
        case FLOAT32 -> Matrix.of(new float[length], rows, classes);
        case FLOAT64 -> Matrix.of(new double[length], rows, classes);
        case FLOAT16, BFLOAT16 -> Matrix.of(new short[length], type, rows, classes);
      };
    }
  },
  /** Outside the Java heap, from the start of a page, where every device can use it in place. */
  NATIVE {
    @Override
    Matrix allocate(ElementType type, long rows, int classes, Arena arena) {
      return Matrix.of(arena.allocate(rows * classes * type.bytes(), PAGE), type, rows, classes);
    }
  };

  private static final long PAGE = 4096;

  /** Returns a row-major matrix of zeros; native memory lives as long as the arena. */
  abstract Matrix allocate(ElementType type, long rows, int classes, Arena arena);
}
