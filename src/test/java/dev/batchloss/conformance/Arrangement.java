package dev.batchloss.conformance;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;

/** How rows and classes may lie in memory. */
enum Arrangement {
  /** Row after row. */
  CONTIGUOUS(1) {
    @Override
    Matrix allocate(MemoryKind memory, ElementType type, int rows, int classes) {
      return strided(memory, type, rows, classes, 1, classes, 1, 1);
    }
  },
  /** Row after row, with unused elements between them. */
  GAPS(1) {
    @Override
    Matrix allocate(MemoryKind memory, ElementType type, int rows, int classes) {
      return strided(memory, type, rows, classes, 1, classes + 3, 1, 1);
    }
  },
  /** Every other element is unused. */
  CLASS_STRIDE_2(1) {
    @Override
    Matrix allocate(MemoryKind memory, ElementType type, int rows, int classes) {
      return strided(memory, type, rows, classes, 1, 2 * classes + 1, 2, 1);
    }
  },
  /** Class after class. */
  FORTRAN(1) {
    @Override
    Matrix allocate(MemoryKind memory, ElementType type, int rows, int classes) {
      return strided(memory, type, 1, classes, rows, rows * classes, rows, 1);
    }
  },
  /** The class axis in the middle, five positions behind it. */
  INNER_5(5) {
    @Override
    Matrix allocate(MemoryKind memory, ElementType type, int rows, int classes) {
      return strided(memory, type, rows / 5, classes, 5, 5 * classes, 5, 1);
    }
  },
  /** The class axis in the middle, more positions behind it than any vector has lanes. */
  INNER_33(33) {
    @Override
    Matrix allocate(MemoryKind memory, ElementType type, int rows, int classes) {
      return strided(memory, type, rows / 33, classes, 33, 33 * classes, 33, 1);
    }
  },
  /** The inner axis slowest, so that consecutive rows are far apart. */
  PERMUTED(2) {
    @Override
    Matrix allocate(MemoryKind memory, ElementType type, int rows, int classes) {
      int outer = rows / 2;
      return strided(memory, type, outer, classes, 2, classes, 1, outer * classes);
    }
  };

  private static final int GUARD_ELEMENTS = 7;

  private final int multiple;

  Arrangement(int multiple) {
    this.multiple = multiple;
  }

  /** Returns the least number of rows that is at least {@code wanted} and can be arranged so. */
  int rows(int wanted) {
    return (wanted + multiple - 1) / multiple * multiple;
  }

  /** Allocates a matrix full of NaN, gaps and some elements after its end included. */
  abstract Matrix allocate(MemoryKind memory, ElementType type, int rows, int classes);

  private static Matrix strided(
      MemoryKind memory,
      ElementType type,
      int outer,
      int classes,
      int inner,
      int outerStride,
      int classStride,
      int innerStride) {
    int reach =
        outer == 0
            ? 0
            : (outer - 1) * outerStride + (classes - 1) * classStride + (inner - 1) * innerStride;
    return Matrix.strided(
        memory.allocateNans(type, reach + 1 + GUARD_ELEMENTS),
        type,
        outer,
        classes,
        inner,
        outerStride,
        classStride,
        innerStride);
  }
}
