package dev.batchloss.device;

import dev.batchloss.data.ElementType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/**
 * What came back of a chunk before its turn, in memory of its own. For the thread that made it;
 * closed by whoever asked for it.
 */
public final class ParkedChunk implements AutoCloseable {
  private final Arena arena = Arena.ofConfined();
  private final RowChunk chunk;
  private final ElementType arithmetic;
  private final MemorySegment columns;
  private final MemorySegment output;
  private final Consumer<MemorySegment> completion;

  /**
   * Copies the results.
   *
   * @param columns as {@link RowFolding#fold} takes them
   * @param output what is left to write of the output matrix; empty if there is nothing
   * @param completion writes a copy of that
   */
  public ParkedChunk(
      RowChunk chunk,
      ElementType arithmetic,
      MemorySegment columns,
      MemorySegment output,
      Consumer<MemorySegment> completion) {
    this.chunk = chunk;
    this.arithmetic = arithmetic;
    this.completion = completion;
    try {
      this.columns = copy(columns);
      this.output = copy(output);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /** Returns how much memory it takes. */
  public long bytes() {
    return columns.byteSize() + output.byteSize();
  }

  /**
   * Hands the rows over and completes their part of the output matrix.
   *
   * @throws dev.batchloss.data.InvalidDataException as {@link RowFolding#fold}; nothing of the
   *     output has been written then
   */
  public void collect(RowFolding folding, RunProgress progress) {
    folding.fold(columns, arithmetic, chunk.firstRow(), chunk.rows());
    if (output.byteSize() > 0) {
      completion.accept(output);
    }
    progress.collected(chunk);
  }

  @Override
  public void close() {
    arena.close();
  }

  private MemorySegment copy(MemorySegment from) {
    return arena.allocate(from.byteSize(), Double.BYTES).copyFrom(from);
  }
}
