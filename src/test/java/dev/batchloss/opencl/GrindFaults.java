package dev.batchloss.opencl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.device.RowCall;
import dev.batchloss.device.RowChunk;
import dev.batchloss.device.RowChunks;
import dev.batchloss.device.RowLayout;
import dev.batchloss.plan.TargetScan;
import dev.batchloss.spi.RowRequest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** A program that runs a copy of a kernel with a fault on Oclgrind, which should find it. */
final class GrindFaults {
  /** A change of the kernel's sources, and what is said of it. */
  enum Fault {
    NONE("", "", "", ""),
    OUT_OF_BOUNDS_WRITE(
        "columns[column * rows + index] = x;",
        "columns[column * rows + index + 1] = x;",
        "Invalid write",
        "columns[column * rows + index + 1] = x;"),
    OUT_OF_BOUNDS_READ(
        "return LOAD(INPUT)(row->x + c);",
        "return LOAD(INPUT)(row->x + c + 4);",
        "Invalid read",
        "LOAD_LANES(p)"),
    MISSING_BARRIER(
        "  shared[item] = totals;\n  barrier(CLK_LOCAL_MEM_FENCE);\n",
        "  shared[item] = totals;\n",
        "data race",
        "shared[item] = totals;"),
    DIVERGENT_BARRIER(
        "      shared[item] = left;\n    }\n    barrier(CLK_LOCAL_MEM_FENCE);\n",
        "      shared[item] = left;\n    barrier(CLK_LOCAL_MEM_FENCE);\n    }\n",
        "divergence detected",
        "barrier(CLK_LOCAL_MEM_FENCE);");

    private final String part;
    private final String replacement;
    private final String finding;
    private final String line;

    Fault(String part, String replacement, String finding, String line) {
      this.part = part;
      this.replacement = replacement;
      this.finding = finding;
      this.line = line;
    }

    /** Returns what Oclgrind says, and of which line of the source. */
    List<String> findings() {
      return List.of(finding, line, "Kernel: rows_along");
    }

    String plantedIn(String sources) {
      if (part.isEmpty()) {
        return sources;
      }
      assertThat(sources).containsOnlyOnce(part);
      return sources.replace(part, replacement);
    }
  }

  private GrindFaults() {}

  /** Takes the name of a fault. */
  public static void main(String[] arguments) {
    Fault fault = Fault.valueOf(arguments[0]);
    Device device = TestDevice.find();
    assertThat(device.description().platform()).isEqualTo(Oclgrind.PLATFORM);
    // Whole vectors, so that one more lies beyond the matrix.
    RowRequest<Matrix> request = RowTrials.ofRows(1, 544).plainLoss(ElementType.FLOAT32).request();
    RowProgram program =
        RowProgram.of(request, RowLayout.ALONG, device.description(), KernelFamily.GPU);
    assertThat(program.variant().walk()).isEqualTo(RowVariant.Walk.ALONG);
    String sources =
        String.join("\n", program.sources().stream().map(KernelSources::read).toList());
    run(device, request, program, fault.plantedIn(sources));
  }

  private static void run(
      Device device, RowRequest<Matrix> request, RowProgram program, String source) {
    TargetScan scan =
        TargetScan.of(request.rowPlan(), 1, request.input().classes(), request.targets());
    RowChunk chunk = RowChunks.of(request.input(), Long.MAX_VALUE).at(0);
    MemorySegment logits = request.input().segment();
    long columnBytes = program.columns().bytes(chunk.rows(), program.arithmetic());
    try (Arena arena = Arena.ofShared();
        DeviceContext context = DeviceContext.open(device);
        CommandQueue queue = context.newQueue();
        Program built = context.build(List.of(source), program.options());
        Kernel kernel = built.kernel("rows_along");
        DeviceBuffer input = context.allocate(logits.byteSize());
        DeviceBuffer targets = context.allocate(Integer.BYTES);
        DeviceBuffer columns = context.allocate(columnBytes)) {
      queue.write(input, 0, logits);
      queue.write(targets, 0, arena.allocateFrom(ValueLayout.JAVA_INT, 1));
      new RowArguments(new RowCall(request, program.arithmetic(), scan))
          .setOn(
              kernel,
              new ChunkBuffers(
                  new ChunkBuffers.Place(input, 0), null, columns, targets, null, null, null, null),
              chunk);
      long[] group = {program.variant().group()};
      queue.launch(kernel, group, group);
      queue.finish();
    }
  }
}
