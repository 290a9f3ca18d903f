package dev.batchloss.bench;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A matrix of the GPU report.
 *
 * @param tier the kernels that take its rows
 * @param outer rows, or what stands before the class axis
 * @param classes the class count
 * @param inner what stands behind the class axis; 1 where classes follow each other
 * @param type the format of the logits, and of the gradient
 */
record GpuCase(String tier, int outer, int classes, int inner, ElementType type) {
  private static final List<ElementType> TYPES = List.of(ElementType.FLOAT32, ElementType.BFLOAT16);

  /** What is computed. */
  enum Task {
    /** Reads the logits. */
    LOSS("loss", 1, 1),
    /** Reads them and writes a matrix beside them. */
    GRADIENT("loss and gradient", 2, 2),
    /** Reads them and writes over them. */
    IN_PLACE("in place", 2, 1);

    private final String label;
    private final int passes;
    private final int matrices;

    Task(String label, int passes, int matrices) {
      this.label = label;
      this.passes = passes;
      this.matrices = matrices;
    }

    String label() {
      return label;
    }

    /** Returns how often the bytes of the logits are moved at least. */
    int passes() {
      return passes;
    }

    /** Returns how many matrices are there. */
    int matrices() {
      return matrices;
    }
  }

  /** Returns every matrix of a report. */
  static List<GpuCase> all() {
    return inEveryType(
        List.of(
            row("registers_1", 4_000_000, 10),
            row("registers_1", 2_000_000, 32),
            row("registers_1", 32_768, 256),
            row("registers_4", 32_768, 1_024),
            row("block", 32_768, 4_096),
            row("block", 16_384, 16_384),
            row("block", 8_192, 32_768),
            row("block", 8_192, 65_536),
            row("block", 8_192, 262_144),
            row("segments", 8, 1_000_000),
            new GpuCase("across", 512, 1_000, 256, ElementType.FLOAT32)));
  }

  /** Returns matrices for which the report can be tried on an emulated device. */
  static List<GpuCase> tiny() {
    return inEveryType(
        List.of(
            row("registers_1", 9, 10),
            row("registers_4", 3, 300),
            row("block", 2, 1_100),
            row("segments", 1, 65_600),
            new GpuCase("across", 2, 10, 3, ElementType.FLOAT32)));
  }

  /** Returns a view of it at the start of memory. */
  Matrix over(MemorySegment memory) {
    return Matrix.of(memory, type, outer, classes, inner);
  }

  /** Returns the size of the logits in bytes. */
  long bytes() {
    return (long) outer * classes * inner * type.bytes();
  }

  /** Returns the shape in words. */
  String shape() {
    return inner == 1
        ? "%d×%d".formatted(outer, classes)
        : "%d×%d×%d".formatted(outer, classes, inner);
  }

  private static List<GpuCase> inEveryType(List<GpuCase> cases) {
    List<GpuCase> all = new ArrayList<>();
    for (GpuCase one : cases) {
      for (ElementType type : TYPES) {
        all.add(new GpuCase(one.tier, one.outer, one.classes, one.inner, type));
      }
    }
    return List.copyOf(all);
  }

  private static GpuCase row(String tier, int rows, int classes) {
    return new GpuCase(tier, rows, classes, 1, ElementType.FLOAT32);
  }
}
