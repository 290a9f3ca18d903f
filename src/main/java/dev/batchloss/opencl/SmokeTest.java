package dev.batchloss.opencl;

import dev.batchloss.data.DeviceException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether a device does what every kernel here relies on: it compiles, keeps the barriers
 * of a work-group's reduction in local memory, and brings the right numbers back.
 */
final class SmokeTest {
  static final String SOURCE = "smoke";

  private static final String OPTIONS = "-cl-std=CL1.2";
  private static final int GROUPS = 5;
  private static final int GROUP_SIZE = 64;
  private static final int ITEMS = GROUPS * GROUP_SIZE;

  private SmokeTest() {}

  /** Runs the kernel that the jar carries; returns why the device cannot be trusted, or null. */
  static @Nullable String failure(Device device) {
    return failure(device, KernelSources.read(SOURCE));
  }

  /** Runs a kernel of this source. */
  static @Nullable String failure(Device device, String source) {
    try (DeviceContext context = DeviceContext.open(device);
        Program program = context.build(List.of(source), OPTIONS);
        Kernel kernel = program.kernel("smoke");
        CommandQueue queue = context.newQueue()) {
      if (kernel.maxWorkGroup() < GROUP_SIZE) {
        return "its work-groups have at most %d work-items, %d are needed"
            .formatted(kernel.maxWorkGroup(), GROUP_SIZE);
      }
      return run(context, queue, kernel);
    } catch (DeviceException e) {
      return "the smoke test failed: " + e.getMessage();
    }
  }

  private static @Nullable String run(DeviceContext context, CommandQueue queue, Kernel kernel) {
    try (Arena arena = Arena.ofShared();
        DeviceBuffer input = context.allocate((long) ITEMS * Integer.BYTES);
        DeviceBuffer output = context.allocate((long) GROUPS * Integer.BYTES)) {
      MemorySegment numbers = arena.allocate(ValueLayout.JAVA_INT, ITEMS);
      MemorySegment sums = arena.allocate(ValueLayout.JAVA_INT, GROUPS);
      int[] expected = new int[GROUPS];
      for (int item = 0; item < ITEMS; item++) {
        int number = item * item + 1;
        numbers.setAtIndex(ValueLayout.JAVA_INT, item, number);
        expected[item / GROUP_SIZE] += number;
      }
      kernel.set(0, input);
      kernel.set(1, output);
      kernel.setLocal(2, (long) GROUP_SIZE * Integer.BYTES);
      try {
        queue.write(input, 0, numbers);
        queue.launch(kernel, new long[] {ITEMS}, new long[] {GROUP_SIZE});
        queue.read(output, 0, sums);
      } finally {
        // The arena closes next, whatever was thrown.
        queue.finish();
      }
      for (int group = 0; group < GROUPS; group++) {
        int sum = sums.getAtIndex(ValueLayout.JAVA_INT, group);
        if (sum != expected[group]) {
          return "the smoke test gave a wrong result: %d instead of %d in work-group %d"
              .formatted(sum, expected[group], group);
        }
      }
      return null;
    }
  }
}
