package dev.batchloss.device;

import dev.batchloss.data.Matrix;

/**
 * Consecutive rows of a call's matrices: whole outer indices, or a part of the inner axis at one of
 * them. Immutable.
 */
public final class RowChunk {
  private final RowChunks chunks;
  private final long firstRow;
  private final long firstOuter;
  private final long outer;
  private final long firstInner;
  private final long inner;

  RowChunk(
      RowChunks chunks, long firstRow, long firstOuter, long outer, long firstInner, long inner) {
    this.chunks = chunks;
    this.firstRow = firstRow;
    this.firstOuter = firstOuter;
    this.outer = outer;
    this.firstInner = firstInner;
    this.inner = inner;
  }

  /** Returns the number, within the call, of its first row. */
  public long firstRow() {
    return firstRow;
  }

  /** Returns how many rows it has; at least one, at most {@link RowChunks#MOST_ROWS}. */
  public int rows() {
    return (int) (outer * inner);
  }

  /** Returns the length of its outer axis. */
  public long outer() {
    return outer;
  }

  /** Returns the length of its inner axis. */
  public long inner() {
    return inner;
  }

  /**
   * Returns where its first element stands in the packed layout of the whole: outer × classes ×
   * inner, the inner index fastest.
   */
  public long packedOffset() {
    return chunks.packedOffset(firstOuter, firstInner);
  }

  /**
   * Returns the view of these rows in {@code whole}: row r of the view is row {@code firstRow() +
   * r} of {@code whole}. Its outer and inner lengths are those of the chunk, the same in every
   * matrix.
   *
   * @param whole the matrix that was cut, or another of its shape: any element type and strides
   * @throws IllegalArgumentException if the shape differs
   */
  public Matrix viewOf(Matrix whole) {
    Matrix turned = chunks.turned(whole);
    long first = firstOuter * turned.outerStride() + firstInner * turned.innerStride();
    return Matrix.strided(
        turned.segment().asSlice(first * turned.type().bytes()),
        turned.type(),
        outer,
        turned.classes(),
        inner,
        turned.outerStride(),
        turned.classStride(),
        turned.innerStride());
  }

  @Override
  public String toString() {
    return "rows %d to %d".formatted(firstRow, firstRow + rows() - 1);
  }
}
