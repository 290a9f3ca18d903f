package dev.batchloss.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/**
 * What the numbers of a file are like.
 *
 * @param header what the file says about itself
 * @param minimum the least number that is not NaN, infinities included: a Double for floating-point
 *     types; for the others a Long, for 2^63 and more a BigInteger; null if there is no number
 * @param maximum the greatest number that is not NaN, likewise
 * @param nans how many elements are NaN
 * @param positiveInfinities how many elements are +∞
 * @param negativeInfinities how many elements are −∞
 */
public record Inspection(
    NpyHeader header,
    @Nullable Number minimum,
    @Nullable Number maximum,
    long nans,
    long positiveInfinities,
    long negativeInfinities) {

  private static final int PIECE_BYTES = 4 << 20;

  /**
   * Reads the whole file once, in constant memory; blocks until it is done.
   *
   * @throws dev.batchloss.data.InvalidDataException if the file has become shorter than it was
   * @throws IOException if the file cannot be read
   */
  public static Inspection of(NumericFile file) throws IOException {
    return file.type().isFloating() ? ofFloating(file) : ofIntegers(file);
  }

  private static Inspection ofFloating(NumericFile file) throws IOException {
    NumericType type = file.type();
    var seen =
        new Object() {
          double minimum = Double.POSITIVE_INFINITY;
          double maximum = Double.NEGATIVE_INFINITY;
          long nans;
          long positiveInfinities;
          long negativeInfinities;
        };
    forEachPiece(
        file,
        (piece, elements) -> {
          for (long i = 0; i < elements; i++) {
            double value = type.toDouble(piece, i);
            if (Double.isNaN(value)) {
              seen.nans++;
              continue;
            }
            seen.minimum = Math.min(seen.minimum, value);
            seen.maximum = Math.max(seen.maximum, value);
            if (Double.isInfinite(value)) {
              seen.positiveInfinities += value > 0 ? 1 : 0;
              seen.negativeInfinities += value < 0 ? 1 : 0;
            }
          }
        });
    boolean none = seen.nans == file.header().elements();
    return new Inspection(
        file.header(),
        none ? null : seen.minimum,
        none ? null : seen.maximum,
        seen.nans,
        seen.positiveInfinities,
        seen.negativeInfinities);
  }

  private static Inspection ofIntegers(NumericFile file) throws IOException {
    NumericType type = file.type();
    // With the top bit flipped, unsigned numbers compare as signed ones.
    long flip = type == NumericType.UINT64 ? Long.MIN_VALUE : 0;
    var seen =
        new Object() {
          long minimum = Long.MAX_VALUE;
          long maximum = Long.MIN_VALUE;
        };
    forEachPiece(
        file,
        (piece, elements) -> {
          for (long i = 0; i < elements; i++) {
            long value = type.integerBits(piece, i) ^ flip;
            seen.minimum = Math.min(seen.minimum, value);
            seen.maximum = Math.max(seen.maximum, value);
          }
        });
    boolean none = file.header().elements() == 0;
    return new Inspection(
        file.header(),
        none ? null : integer(type, seen.minimum ^ flip),
        none ? null : integer(type, seen.maximum ^ flip),
        0,
        0,
        0);
  }

  private static Number integer(NumericType type, long bits) {
    if (type == NumericType.UINT64 && bits < 0) {
      return new BigInteger(Long.toUnsignedString(bits));
    }
    return bits;
  }

  private static void forEachPiece(NumericFile file, PieceAction action) throws IOException {
    int width = file.type().bytes();
    long elements = file.header().elements();
    long perPiece = Math.min(elements, PIECE_BYTES / width);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(perPiece * width);
      for (long first = 0; first < elements; first += perPiece) {
        long count = Math.min(perPiece, elements - first);
        MemorySegment piece = buffer.asSlice(0, count * width);
        file.readInFileOrder(first, piece);
        action.accept(piece, count);
      }
    }
  }

  private interface PieceAction {
    void accept(MemorySegment piece, long elements);
  }
}
