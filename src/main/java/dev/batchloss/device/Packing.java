package dev.batchloss.device;

import dev.batchloss.data.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * Copies between a matrix of any strides and its packed layout, outer × classes × inner without
 * gaps, the inner index fastest, in the same element type. Bits are copied, not numbers. Elements
 * beside the view are neither read nor written.
 */
public final class Packing {
  /** A shorter run is sooner copied element by element. */
  private static final int LEAST_RUN_BYTES = 64;

  /** Of a transposed copy, so that the cache lines of one side are still there for the next run. */
  private static final int BLOCK = 1024;

  private Packing() {}

  /** Returns how many bytes a view takes when packed. */
  public static long bytes(Matrix view) {
    return Math.multiplyExact(view.rows(), (long) view.classes() * view.type().bytes());
  }

  /** Returns whether the memory of the view is its packed layout already. */
  public static boolean isPacked(Matrix view) {
    return hasPackedRows(view)
        && (view.outer() <= 1 || view.outerStride() == view.classes() * view.inner());
  }

  /**
   * Returns whether native code may use the view's memory as its packed layout: it is packed and
   * lies off the heap. Never of a mapped file, where reading a page that a truncation took away
   * would kill the process. (A typed buffer, such as {@code mapped.asFloatBuffer()}, does not tell
   * that it is mapped.)
   */
  public static boolean isSharable(Matrix view) {
    MemorySegment segment = view.segment();
    return segment.isNative() && !segment.isMapped() && isPacked(view);
  }

  /**
   * Copies the view to the beginning of {@code destination}.
   *
   * @throws IndexOutOfBoundsException if it is too small
   */
  public static void pack(Matrix view, MemorySegment destination) {
    pack(view, destination, packedOuterStride(view));
  }

  /**
   * Copies the beginning of {@code source}, a packed layout of the view's element type, to the
   * view.
   *
   * @throws IndexOutOfBoundsException if {@code source} is too small
   */
  public static void unpack(MemorySegment source, Matrix view) {
    unpack(source, view, packedOuterStride(view));
  }

  /**
   * Copies the view to the beginning of {@code destination}, outer index by outer index.
   *
   * @param outerStride elements from one outer index to the next there; at least classes × inner.
   *     What lies between is not written
   * @throws IndexOutOfBoundsException if it is too small
   */
  public static void pack(Matrix view, MemorySegment destination, long outerStride) {
    Objects.checkFromIndexSize(0, bytes(view, outerStride), destination.byteSize());
    copy(view, view.segment(), stridesOf(view), destination, stridesOf(view, outerStride));
  }

  /**
   * Copies from what {@link #pack(Matrix, MemorySegment, long)} would have left to the view.
   *
   * @throws IndexOutOfBoundsException if {@code source} is too small
   */
  public static void unpack(MemorySegment source, Matrix view, long outerStride) {
    Objects.checkFromIndexSize(0, bytes(view, outerStride), source.byteSize());
    copy(view, source, stridesOf(view, outerStride), view.segment(), stridesOf(view));
  }

  /** Returns how many bytes a view takes with this outer stride, the padding at the end too. */
  public static long bytes(Matrix view, long outerStride) {
    return Math.multiplyExact(view.outer(), outerStride * view.type().bytes());
  }

  /** Copies in the longest runs that are contiguous on both sides, unless they are short. */
  private static void copy(
      Matrix view, MemorySegment from, long[] fromStrides, MemorySegment to, long[] toStrides) {
    int width = view.type().bytes();
    long outer = view.outer();
    long classes = view.classes();
    long run;
    if (isPacked(view) && (outer <= 1 || fromStrides[0] == toStrides[0])) {
      outer = 1;
      classes = 1;
      run = bytes(view);
    } else if (hasPackedRows(view)) {
      classes = 1;
      run = view.classes() * view.inner() * width;
    } else {
      run = hasPackedInner(view) ? view.inner() * width : width;
    }
    if (run < LEAST_RUN_BYTES) {
      copyElements(view, from, fromStrides, to, toStrides);
      return;
    }
    for (long o = 0; o < outer; o++) {
      for (long c = 0; c < classes; c++) {
        long fromElement = o * fromStrides[0] + c * fromStrides[1];
        long toElement = o * toStrides[0] + c * toStrides[1];
        MemorySegment.copy(from, fromElement * width, to, toElement * width, run);
      }
    }
  }

  private static void copyElements(
      Matrix view, MemorySegment from, long[] fromStrides, MemorySegment to, long[] toStrides) {
    boolean alongRows = view.inner() == 1;
    long slowest = alongRows ? 1 : view.outer();
    long middle = alongRows ? view.outer() : view.classes();
    long fastest = alongRows ? view.classes() : view.inner();
    int middleAxis = alongRows ? 0 : 1;
    int fastestAxis = alongRows ? 1 : 2;
    int width = view.type().bytes();
    long fromStep = fromStrides[fastestAxis] * width;
    long toStep = toStrides[fastestAxis] * width;
    for (long s = 0; s < slowest; s++) {
      for (long block = 0; block < fastest; block += BLOCK) {
        int n = (int) Math.min(BLOCK, fastest - block);
        for (long m = 0; m < middle; m++) {
          long fromOffset = offset(fromStrides, s, middleAxis, m, fastestAxis, block) * width;
          long toOffset = offset(toStrides, s, middleAxis, m, fastestAxis, block) * width;
          switch (width) {
            case Short.BYTES -> copyShorts(from, fromOffset, fromStep, to, toOffset, toStep, n);
            case Integer.BYTES -> copyInts(from, fromOffset, fromStep, to, toOffset, toStep, n);
            default -> copyLongs(from, fromOffset, fromStep, to, toOffset, toStep, n);
          }
        }
      }
    }
  }

  private static long offset(
      long[] strides, long outer, int middleAxis, long middle, int fastestAxis, long fastest) {
    return outer * strides[0] + middle * strides[middleAxis] + fastest * strides[fastestAxis];
  }

  private static void copyShorts(
      MemorySegment from, long f, long fromStep, MemorySegment to, long t, long toStep, int n) {
    for (int i = 0; i < n; i++) {
      short bits = from.get(ValueLayout.JAVA_SHORT_UNALIGNED, f + i * fromStep);
      to.set(ValueLayout.JAVA_SHORT_UNALIGNED, t + i * toStep, bits);
    }
  }

  private static void copyInts(
      MemorySegment from, long f, long fromStep, MemorySegment to, long t, long toStep, int n) {
    for (int i = 0; i < n; i++) {
      int bits = from.get(ValueLayout.JAVA_INT_UNALIGNED, f + i * fromStep);
      to.set(ValueLayout.JAVA_INT_UNALIGNED, t + i * toStep, bits);
    }
  }

  private static void copyLongs(
      MemorySegment from, long f, long fromStep, MemorySegment to, long t, long toStep, int n) {
    for (int i = 0; i < n; i++) {
      long bits = from.get(ValueLayout.JAVA_LONG_UNALIGNED, f + i * fromStep);
      to.set(ValueLayout.JAVA_LONG_UNALIGNED, t + i * toStep, bits);
    }
  }

  private static boolean hasPackedInner(Matrix view) {
    return view.inner() <= 1 || view.innerStride() == 1;
  }

  private static boolean hasPackedRows(Matrix view) {
    return hasPackedInner(view) && (view.classes() <= 1 || view.classStride() == view.inner());
  }

  private static long[] stridesOf(Matrix view) {
    return new long[] {view.outerStride(), view.classStride(), view.innerStride()};
  }

  private static long[] stridesOf(Matrix view, long outerStride) {
    return new long[] {outerStride, view.inner(), 1};
  }

  private static long packedOuterStride(Matrix view) {
    return view.classes() * view.inner();
  }
}
