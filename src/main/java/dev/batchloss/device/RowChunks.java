package dev.batchloss.device;

import dev.batchloss.data.Matrix;
import dev.batchloss.data.MatrixShape;
import java.util.Objects;

/**
 * How the rows of a matrix are cut into chunks for a device: as many rows in each as fit, each row
 * in exactly one, in their order. A chunk is of the shape alone, so that it can be viewed in every
 * matrix of the call that has the shape. Immutable.
 *
 * <p>A matrix of inner length 1 whose classes lie further apart than its rows (Fortran order) is
 * taken as one whose rows lie on the inner axis. They keep their numbers.
 *
 * <p>A cut may begin at any row: those before it are in no chunk.
 */
public final class RowChunks {
  /** The most rows in a chunk, so that what comes back for them stays small. */
  public static final int MOST_ROWS = 1 << 20;

  private final MatrixShape matrix;
  private final RowLayout layout;
  private final long outer;
  private final long inner;
  private final long outerPerChunk;
  private final long innerPerChunk;
  private final long chunksPerOuter;

  /** Inner indices of an outer index whose first rows are in no chunk. */
  private final long headInner;

  private final long headChunks;

  /** The first outer index of which every row is in a chunk. */
  private final long tailOuter;

  private final long count;

  private RowChunks(MatrixShape matrix, long firstRow, long mostRows) {
    this.matrix = matrix;
    this.layout = RowLayout.of(matrix);
    this.outer = isTurned() ? 1 : matrix.outer();
    this.inner = isTurned() ? matrix.outer() : matrix.inner();
    this.innerPerChunk = Math.clamp(inner, 1, mostRows);
    this.outerPerChunk = Math.max(1, mostRows / Math.max(1, inner));
    this.chunksPerOuter = Math.ceilDiv(inner, innerPerChunk);
    this.headInner = inner == 0 ? 0 : Math.ceilDiv(firstRow, inner) * inner - firstRow;
    this.headChunks = Math.ceilDiv(headInner, innerPerChunk);
    this.tailOuter = inner == 0 ? 0 : Math.ceilDiv(firstRow, inner);
    this.count = headChunks + Math.ceilDiv(outer - tailOuter, outerPerChunk) * chunksPerOuter;
  }

  /**
   * Cuts a matrix.
   *
   * @param matrix any element type and strides, on the host or a device
   * @param mostBytes how much memory a chunk may take when it is packed; a single row may take more
   * @throws IllegalArgumentException if {@code mostBytes} is not positive
   */
  public static RowChunks of(MatrixShape matrix, long mostBytes) {
    return of(matrix, 0, mostBytes);
  }

  /**
   * Cuts the rest of a matrix.
   *
   * @param matrix as for the whole
   * @param firstRow the first row of the first chunk; the number of rows for no chunks
   * @param mostBytes as for the whole
   * @throws IllegalArgumentException if {@code mostBytes} is not positive
   * @throws IndexOutOfBoundsException if there is no such row
   */
  public static RowChunks of(MatrixShape matrix, long firstRow, long mostBytes) {
    Objects.checkIndex(firstRow, matrix.rows() + 1);
    if (mostBytes <= 0) {
      throw new IllegalArgumentException("mostBytes is " + mostBytes + ", must be positive");
    }
    long rowBytes = Math.max(1, (long) matrix.classes() * matrix.type().bytes());
    return new RowChunks(matrix, firstRow, Math.clamp(mostBytes / rowBytes, 1, MOST_ROWS));
  }

  /** Returns the number of chunks: 0 if there are no rows. */
  public long count() {
    return count;
  }

  /** Returns how the rows lie, in the whole and so in every chunk. */
  public RowLayout layout() {
    return layout;
  }

  /** Returns the most rows that a chunk of this cut has; 0 if there are none. */
  public int mostRows() {
    long tail = Math.min(outer - tailOuter, outerPerChunk) * Math.min(inner, innerPerChunk);
    return (int) Math.max(Math.min(headInner, innerPerChunk), tail);
  }

  /**
   * Returns the chunk of this number, counted from 0 in the order of the rows.
   *
   * @throws IndexOutOfBoundsException if there is no such chunk
   */
  public RowChunk at(long number) {
    Objects.checkIndex(number, count);
    if (number < headChunks) {
      return chunk(tailOuter - 1, 1, inner - headInner + number * innerPerChunk);
    }
    long inTail = number - headChunks;
    long firstOuter = tailOuter + inTail / chunksPerOuter * outerPerChunk;
    return chunk(
        firstOuter,
        Math.min(outerPerChunk, outer - firstOuter),
        inTail % chunksPerOuter * innerPerChunk);
  }

  private RowChunk chunk(long firstOuter, long outerLength, long firstInner) {
    return new RowChunk(
        this,
        firstOuter * inner + firstInner,
        firstOuter,
        outerLength,
        firstInner,
        Math.min(innerPerChunk, inner - firstInner));
  }

  /** Returns where the element of an outer and an inner index at class 0 stands when packed. */
  long packedOffset(long outerIndex, long innerIndex) {
    return outerIndex * matrix.classes() * inner + innerIndex;
  }

  /** Returns {@code whole} with its rows on the axis on which those of the cut matrix are. */
  Matrix turned(Matrix whole) {
    if (!whole.hasShapeOf(matrix)) {
      throw new IllegalArgumentException("chunks of %s do not fit %s".formatted(matrix, whole));
    }
    if (!isTurned()) {
      return whole;
    }
    return Matrix.strided(
        whole.segment(),
        whole.type(),
        1,
        whole.classes(),
        whole.outer(),
        0,
        whole.classStride(),
        whole.outerStride());
  }

  private boolean isTurned() {
    return layout == RowLayout.ACROSS && matrix.inner() == 1;
  }
}
