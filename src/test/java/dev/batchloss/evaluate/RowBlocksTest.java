package dev.batchloss.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowBlocksTest {
  @ParameterizedTest
  @CsvSource({
    "12 5, 1",
    "12 5, 0",
    "5, 0",
    "1 1, 0",
    "3 4 5, 0",
    "3 4 5, 1",
    "3 4 5, 2",
    "2 3 4 5, 1",
    "2 3 4 5, 0",
    "2 3 4 5, 3",
    "1 3 7 1, 1",
    "1 3 1 7, 1",
    "3 1 1, 0",
    "2 3 2 3 2, 2"
  })
  void visitEveryRowOnceAndInOrder(String lengths, int classAxis) {
    long[] shape = shape(lengths);
    long rows = 1;
    long inner = 1;
    for (int axis = 0; axis < shape.length; axis++) {
      rows *= axis == classAxis ? 1 : shape[axis];
      inner *= axis > classAxis ? shape[axis] : 1;
    }
    for (long most = 1; most <= rows + 2; most++) {
      RowBlocks blocks = new RowBlocks(shape, classAxis, most);
      List<Long> visited = new ArrayList<>();
      for (long number = 0; number < blocks.size(); number++) {
        RowBlock block = blocks.get(number);
        assertThat(block.firstRow()).isEqualTo(visited.size());
        List<Long> inBlock = rowsOf(block, shape, classAxis);
        assertThat(block.rows()).isEqualTo(inBlock.size()).isLessThanOrEqualTo(blocks.mostRows());
        assertThat(block.rows()).isLessThanOrEqualTo(inner > 1 ? Math.max(most, 3) : most);
        assertThat(block.count()[classAxis]).isEqualTo(shape[classAxis]);
        assertThat(innerOf(block, classAxis) == 1).as("layout").isEqualTo(inner == 1);
        visited.addAll(inBlock);
      }
      List<Long> all = new ArrayList<>();
      for (long row = 0; row < rows; row++) {
        all.add(row);
      }
      assertThat(visited).as("most %d", most).isEqualTo(all);
    }
  }

  @ParameterizedTest
  @CsvSource({"0 5, 1", "5 0, 0", "3 2 0, 1"})
  void areOneEmptyBlockWhereThereAreNoRows(String lengths, int classAxis) {
    long[] shape = shape(lengths);
    RowBlocks blocks = new RowBlocks(shape, classAxis, 4);
    assertThat(blocks.size()).isEqualTo(1);
    assertThat(blocks.rows()).isZero();
    assertThat(blocks.mostRows()).isZero();
    assertThat(blocks.get(0).rows()).isZero();
    assertThat(blocks.get(0).count()).isEqualTo(shape);
  }

  /** The rows of a block by the definition: the flattened index over the axes without classes. */
  private static List<Long> rowsOf(RowBlock block, long[] shape, int classAxis) {
    List<Long> rows = List.of(0L);
    for (int axis = 0; axis < shape.length; axis++) {
      if (axis != classAxis) {
        List<Long> next = new ArrayList<>();
        for (long prefix : rows) {
          for (long i = 0; i < block.count()[axis]; i++) {
            next.add(prefix * shape[axis] + block.from()[axis] + i);
          }
        }
        rows = next;
      }
    }
    return rows;
  }

  private static long innerOf(RowBlock block, int classAxis) {
    long inner = 1;
    for (int axis = classAxis + 1; axis < block.count().length; axis++) {
      inner *= block.count()[axis];
    }
    return inner;
  }

  private static long[] shape(String lengths) {
    return List.of(lengths.split(" ", -1)).stream().mapToLong(Long::parseLong).toArray();
  }
}
