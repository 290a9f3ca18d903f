package dev.batchloss.data;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One class index a row, as 32-bit or 64-bit integers in native byte order.
 *
 * @param indices the memory, on heap or off
 * @param indexBytes 4 for ints, 8 for longs
 * @param sampleWeights one weight a row (rows × 1), or null
 */
public record ClassTargets(MemorySegment indices, int indexBytes, @Nullable Matrix sampleWeights)
    implements Targets {

  /** Checks the width of an index and the number of weights. */
  public ClassTargets {
    Objects.requireNonNull(indices, "indices");
    if (indexBytes != Integer.BYTES && indexBytes != Long.BYTES) {
      throw new IllegalArgumentException("indexBytes is " + indexBytes + ", must be 4 or 8");
    }
    if (indices.byteSize() % indexBytes != 0) {
      throw new IllegalArgumentException(
          "%d bytes are no whole number of %d-byte class indices"
              .formatted(indices.byteSize(), indexBytes));
    }
    ProbabilityTargets.requireOneWeightPerRow(sampleWeights, indices.byteSize() / indexBytes);
  }

  /** The whole segment as 32-bit indices. */
  public static ClassTargets ofInts(MemorySegment indices) {
    return new ClassTargets(indices, Integer.BYTES, null);
  }

  /** The whole segment as 64-bit indices. */
  public static ClassTargets ofLongs(MemorySegment indices) {
    return new ClassTargets(indices, Long.BYTES, null);
  }

  /** Returns the class index of the row, unchecked: it may lie outside 0..C−1. */
  public long at(long row) {
    return indexBytes == Integer.BYTES
        ? indices.get(ValueLayout.JAVA_INT_UNALIGNED, row * Integer.BYTES)
        : indices.get(ValueLayout.JAVA_LONG_UNALIGNED, row * Long.BYTES);
  }

  /**
   * Copies the low 32 bits of {@code n} class indices from row {@code first} on to the beginning of
   * {@code to}: the indices themselves once they are known to lie in 0..C−1.
   */
  public void copyTo(long first, int n, int[] to) {
    Objects.checkFromIndexSize(first, n, rows());
    Objects.checkFromIndexSize(0, n, to.length);
    if (indexBytes == Integer.BYTES) {
      MemorySegment.copy(indices, ValueLayout.JAVA_INT_UNALIGNED, first * Integer.BYTES, to, 0, n);
      return;
    }
    long start = indices.address() + first * Long.BYTES;
    if (indices.heapBase().orElse(null) instanceof long[] array && start % Long.BYTES == 0) {
      int offset = (int) (start / Long.BYTES);
      for (int i = 0; i < n; i++) {
        to[i] = (int) array[offset + i];
      }
    } else {
      for (int i = 0; i < n; i++) {
        to[i] = (int) at(first + i);
      }
    }
  }

  /** Returns whether every index lies in 0..{@code classes}−1; there is no ignored class here. */
  public boolean areWithin(int classes) {
    long last = classes - 1L;
    long signs = 0;
    long rows = rows();
    long start = indices.address();
    if (indexBytes == Long.BYTES
        && indices.heapBase().orElse(null) instanceof long[] array
        && start % Long.BYTES == 0) {
      int offset = (int) (start / Long.BYTES);
      for (int i = 0; i < (int) rows; i++) {
        long index = array[offset + i];
        signs |= index | (last - index);
      }
    } else {
      for (long row = 0; row < rows; row++) {
        long index = at(row);
        signs |= index | (last - index);
      }
    }
    return signs >= 0;
  }

  @Override
  public long rows() {
    return indices.byteSize() / indexBytes;
  }

  @Override
  public ClassTargets withSampleWeights(Matrix weights) {
    return new ClassTargets(indices, indexBytes, weights);
  }

  @Override
  public ClassTargets slice(long from, long to) {
    Objects.checkFromToIndex(from, to, rows());
    return new ClassTargets(
        indices.asSlice(from * indexBytes, (to - from) * indexBytes),
        indexBytes,
        ProbabilityTargets.sliceOf(sampleWeights, from, to));
  }
}
