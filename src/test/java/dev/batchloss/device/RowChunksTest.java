package dev.batchloss.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class RowChunksTest {
  /** Every element is the index of its own place in memory. */
  private static final float[] PLACES = new float[4000];

  static {
    for (int i = 0; i < PLACES.length; i++) {
      PLACES[i] = i;
    }
  }

  @Property(tries = 3000)
  void everyRowIsInOneChunkAndTheyAreInOrder(
      @ForAll @IntRange(max = 9) int outer,
      @ForAll @IntRange(min = 1, max = 5) int classes,
      @ForAll @IntRange(max = 9) int inner,
      @ForAll @IntRange(max = 60) int outerStride,
      @ForAll @IntRange(max = 60) int classStride,
      @ForAll @IntRange(max = 60) int innerStride,
      @ForAll @IntRange(min = 1, max = 300) int mostBytes,
      @ForAll @IntRange(max = 81) int skipped) {
    Matrix whole = strided(outer, classes, inner, outerStride, classStride, innerStride);
    Matrix another = Matrix.of(PLACES, outer, classes, inner);
    long next = skipped > whole.rows() ? 0 : skipped;
    RowChunks chunks = RowChunks.of(whole, next, mostBytes);
    for (long number = 0; number < chunks.count(); number++) {
      RowChunk chunk = chunks.at(number);
      assertThat(chunk.firstRow()).isEqualTo(next);
      assertThat(chunk.rows()).isBetween(1, chunks.mostRows());
      assertThat(chunk.rows() == 1 || Packing.bytes(chunk.viewOf(whole)) <= mostBytes).isTrue();
      requireSameRows(chunk.viewOf(whole), whole, chunk);
      requireSameRows(chunk.viewOf(another), another, chunk);
      if (inner > 1) {
        assertThat(chunk.viewOf(another).get(0, 0)).isEqualTo((double) chunk.packedOffset());
      }
      next += chunk.rows();
    }
    assertThat(next).isEqualTo(whole.rows());
  }

  private static void requireSameRows(Matrix view, Matrix whole, RowChunk chunk) {
    assertThat(view.rows()).isEqualTo(chunk.rows());
    assertThat(view.outer()).isEqualTo(chunk.outer());
    assertThat(view.inner()).isEqualTo(chunk.inner());
    for (int r = 0; r < chunk.rows(); r++) {
      for (int c = 0; c < whole.classes(); c++) {
        assertThat(view.get(r, c)).isEqualTo(whole.get(chunk.firstRow() + r, c));
      }
    }
  }

  @Property(tries = 500)
  void asManyRowsAsFit(
      @ForAll @IntRange(min = 1, max = 50) int rows,
      @ForAll @IntRange(min = 1, max = 5) int classes,
      @ForAll @IntRange(min = 1, max = 50) int fitting) {
    RowChunks chunks = RowChunks.of(Matrix.of(PLACES, rows, classes), 4L * fitting * classes + 3);
    assertThat(chunks.count()).isEqualTo(Math.ceilDiv(rows, fitting));
    assertThat(chunks.mostRows()).isEqualTo(Math.min(rows, fitting));
    assertThat(chunks.at(0).rows()).isEqualTo(Math.min(rows, fitting));
  }

  @Test
  void wholeOuterIndicesOrPartsOfOne() {
    Matrix matrix = Matrix.of(PLACES, 7, 2, 3);
    assertThat(shapes(RowChunks.of(matrix, 2 * 24))).containsExactly("2×3", "2×3", "2×3", "1×3");
    assertThat(shapes(RowChunks.of(matrix.outerSlice(0, 2), 2 * 8)))
        .containsExactly("1×2", "1×1", "1×2", "1×1");
  }

  @Test
  void theRestOfAnOuterIndexIsByItself() {
    Matrix matrix = Matrix.of(PLACES, 7, 2, 3);
    assertThat(shapes(RowChunks.of(matrix, 7, 2 * 24))).containsExactly("1×2", "2×3", "2×3");
    assertThat(shapes(RowChunks.of(matrix, 19, 8))).containsExactly("1×1", "1×1");
    assertThat(shapes(RowChunks.of(matrix, 18, 2 * 24))).containsExactly("1×3");
    assertThat(shapes(RowChunks.of(matrix, 21, 2 * 24))).isEmpty();
    assertThat(RowChunks.of(matrix, 20, 2 * 24).mostRows()).isEqualTo(1);
    assertThatThrownBy(() -> RowChunks.of(matrix, 22, 8))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void fortranOrderLiesOnTheInnerAxis() {
    Matrix fortran = strided(10, 3, 1, 1, 10, 1);
    RowChunks chunks = RowChunks.of(fortran, 4 * 12);
    assertThat(chunks.layout()).isEqualTo(RowLayout.ACROSS);
    assertThat(shapes(chunks)).containsExactly("1×4", "1×4", "1×2");
    assertThat(Packing.isPacked(RowChunks.of(fortran, 1 << 20).at(0).viewOf(fortran))).isTrue();
  }

  /** Whatever the number of rows: one alone may look as if its classes were side by side. */
  @Test
  void theLayoutIsThatOfTheWhole() {
    assertThat(RowLayout.of(Matrix.of(PLACES, 5, 3))).isEqualTo(RowLayout.ALONG);
    assertThat(RowLayout.of(Matrix.of(PLACES, 5, 1))).isEqualTo(RowLayout.ALONG);
    assertThat(RowLayout.of(strided(5, 3, 1, 7, 2, 1))).isEqualTo(RowLayout.ALONG);
    assertThat(RowLayout.of(Matrix.of(PLACES, 5, 3, 2))).isEqualTo(RowLayout.ACROSS);
    Matrix fortran = strided(5, 3, 1, 1, 5, 1);
    assertThat(RowLayout.of(fortran)).isEqualTo(RowLayout.ACROSS);
    assertThat(RowLayout.of(fortran.outerSlice(2, 3))).isEqualTo(RowLayout.ACROSS);
  }

  @Test
  void neverMoreRowsThanTheLimit() {
    long rows = 3L * RowChunks.MOST_ROWS + 5;
    Matrix endless =
        Matrix.strided(MemorySegment.ofArray(PLACES), ElementType.FLOAT32, rows, 2, 1, 0, 0, 0);
    RowChunks chunks = RowChunks.of(endless, Long.MAX_VALUE);
    assertThat(chunks.count()).isEqualTo(4);
    assertThat(chunks.mostRows()).isEqualTo(RowChunks.MOST_ROWS);
    assertThat(chunks.at(3).rows()).isEqualTo(5);
    assertThat(chunks.at(3).firstRow()).isEqualTo(3L * RowChunks.MOST_ROWS);
  }

  @Test
  void chunksBeyondTheReachOfInts() {
    long outer = 1L << 31;
    Matrix endless =
        Matrix.strided(MemorySegment.ofArray(PLACES), ElementType.FLOAT32, outer, 3, 3, 0, 1, 0);
    RowChunks chunks = RowChunks.of(endless, 1 << 20);
    RowChunk last = chunks.at(chunks.count() - 1);
    assertThat(last.firstRow() + last.rows()).isEqualTo(3 * outer);
  }

  @Test
  void refusesWhatCannotBe() {
    Matrix matrix = Matrix.of(PLACES, 4, 2);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RowChunks.of(matrix, 0))
        .withMessage("mostBytes is 0, must be positive");
    RowChunks chunks = RowChunks.of(matrix, 8);
    assertThatThrownBy(() -> chunks.at(4)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> chunks.at(0).viewOf(Matrix.of(PLACES, 4, 3)))
        .withMessage("chunks of FLOAT32 4×2 do not fit FLOAT32 4×3");
    assertThat(RowChunks.of(Matrix.of(PLACES, 0, 2), 8).count()).isZero();
  }

  @Test
  void chunksStandInThePackedLayoutOfTheWhole() {
    RowChunks rows = RowChunks.of(Matrix.of(PLACES, 10, 3), 4 * 12);
    assertThat(rows.at(2).packedOffset()).isEqualTo(8 * 3);
    RowChunks fortran = RowChunks.of(strided(10, 3, 1, 1, 10, 1), 4 * 12);
    assertThat(fortran.at(2).packedOffset()).isEqualTo(8);
  }

  private static Iterable<String> shapes(RowChunks chunks) {
    return IntStream.range(0, (int) chunks.count())
        .mapToObj(chunks::at)
        .map(chunk -> chunk.outer() + "×" + chunk.inner())
        .toList();
  }

  private static Matrix strided(int outer, int classes, int inner, int os, int cs, int is) {
    return Matrix.strided(
        MemorySegment.ofArray(PLACES), ElementType.FLOAT32, outer, classes, inner, os, cs, is);
  }
}
