package dev.batchloss.opencl;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Memory of more than 2 GiB, which no ByteBuffer can hold. */
@Tag("exhaustive")
class LargeBufferTest {
  private static final long BYTES = (5L << 29) + 12;
  private static final String INCREMENT =
      "kernel void increment(global uchar *data) { data[get_global_id(0)]++; }";

  @Test
  void isWrappedWrittenAndReadWhole() {
    Device device = TestDevice.find();
    Assumptions.assumeTrue(
        device.description().maxAllocation() >= BYTES,
        () ->
            "the device's buffers are at most %d bytes"
                .formatted(device.description().maxAllocation()));
    try (Arena arena = Arena.ofShared();
        DeviceContext context = DeviceContext.open(device);
        CommandQueue queue = context.newQueue();
        Program program = context.build(List.of(INCREMENT), "-cl-std=CL1.2");
        Kernel kernel = program.kernel("increment")) {
      MemorySegment data = arena.allocate(BYTES, 4096);
      for (long i = 0; i < BYTES; i += 4093) {
        data.set(JAVA_BYTE, i, (byte) (i / 4093));
      }
      try (DeviceBuffer wrapped = context.wrap(data, Access.WRITE)) {
        kernel.set(0, wrapped);
        queue.launch(kernel, new long[] {BYTES}, null);
        Mapping mapping = queue.map(wrapped, Access.READ);
        assertThat(mapping.parts()).hasSize(3);
        queue.finish();
        assertContents(data, 1);
        queue.unmap(mapping);
        queue.finish();
      }
      try (DeviceBuffer copy = context.allocate(BYTES)) {
        queue.write(copy, 0, data);
        kernel.set(0, copy);
        queue.launch(kernel, new long[] {BYTES}, null);
        queue.finish();
        data.fill((byte) 0);
        queue.read(copy, 0, data);
        queue.finish();
        assertContents(data, 2);
      }
    }
  }

  private static void assertContents(MemorySegment data, int added) {
    for (long i = 0; i < BYTES; i += 4093) {
      if (data.get(JAVA_BYTE, i) != (byte) (i / 4093 + added)) {
        assertThat(data.get(JAVA_BYTE, i)).as("byte %d", i).isEqualTo((byte) (i / 4093 + added));
      }
    }
    assertThat(data.get(JAVA_BYTE, 1)).isEqualTo((byte) added);
    assertThat(data.get(JAVA_BYTE, BYTES - 1))
        .isEqualTo((byte) (((BYTES - 1) % 4093 == 0 ? (BYTES - 1) / 4093 : 0) + added));
  }
}
