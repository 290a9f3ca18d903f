package dev.batchloss.evaluate;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.io.NumericType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Memory for the class targets of a block; types other than int32 and int64 are converted. */
final class ClassTargetBuffer {
  private final RowVectorFile source;
  private final int classes;
  private final NumericType type;
  private final MemorySegment raw;
  private final MemorySegment converted;

  ClassTargetBuffer(RowVectorFile source, int classes, long mostRows, Arena arena) {
    this.source = source;
    this.classes = classes;
    this.type = source.file().type();
    this.raw = arena.allocate(mostRows * type.bytes(), Long.BYTES);
    boolean converts = type != NumericType.INT32 && type != NumericType.INT64;
    this.converted = arena.allocate(converts ? mostRows * Long.BYTES : 0, Long.BYTES);
  }

  /**
   * Reads the targets of the block's rows; the result views this memory until the next read.
   *
   * @throws InvalidDataException if one is not an integer; whether it is a class is not checked
   */
  ClassTargets read(RowBlock block) throws IOException {
    source.read(block, raw);
    return switch (type) {
      case INT32 -> ClassTargets.ofInts(raw.asSlice(0, block.rows() * Integer.BYTES));
      case INT64 -> ClassTargets.ofLongs(raw.asSlice(0, block.rows() * Long.BYTES));
      default -> convert(block);
    };
  }

  private ClassTargets convert(RowBlock block) {
    for (long row = 0; row < block.rows(); row++) {
      try {
        converted.setAtIndex(ValueLayout.JAVA_LONG, row, type.toLong(raw, row));
      } catch (InvalidDataException e) {
        throw new InvalidDataException(
            "%s: target of row %d is %s, must be an integer in 0..%d"
                .formatted(
                    source.file().name(),
                    block.firstRow() + row,
                    type.toText(raw, row),
                    classes - 1),
            e);
      }
    }
    return ClassTargets.ofLongs(converted.asSlice(0, block.rows() * Long.BYTES));
  }
}
