package dev.batchloss.cuda;

import dev.batchloss.data.DeviceException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.driver.CUresult;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether a device does what everything here relies on: its driver takes the kernels'
 * PTX, and they bring the right numbers back.
 */
final class SmokeTest {
  private static final String KERNEL = "smoke";
  private static final int BLOCK = 64;
  private static final int NUMBERS = 300;

  private SmokeTest() {}

  /** Returns why the device cannot be trusted, or null. */
  static @Nullable String failure(DeviceDescription device) {
    try {
      return run(OpenDevice.of(device));
    } catch (DeviceException e) {
      return e.code() == CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION
          ? "its driver is too old for the kernels: " + e.getMessage()
          : "the smoke test failed: " + e.getMessage();
    }
  }

  private static @Nullable String run(OpenDevice device) {
    try {
      return run(device.context(), device.module(TargetScanner.MODULE).function(KERNEL));
    } catch (DeviceException e) {
      if (ErrorCodes.isSticky(e.code())) {
        device.lose(e);
      }
      throw e;
    } finally {
      device.release();
    }
  }

  private static @Nullable String run(CudaContext context, KernelFunction kernel) {
    long bytes = (long) NUMBERS * Float.BYTES;
    try (Stream stream = context.newStream();
        PinnedMemory pinned = context.allocatePinned(bytes);
        DeviceBuffer input = context.allocate(bytes);
        DeviceBuffer output = context.allocate(bytes);
        Arena arena = Arena.ofConfined()) {
      MemorySegment numbers = pinned.segment();
      for (int i = 0; i < NUMBERS; i++) {
        numbers.setAtIndex(ValueLayout.JAVA_FLOAT, i, i);
      }
      stream.copyIn(input, 0, numbers);
      RowLaunch launch = new RowLaunch(KERNEL, Math.ceilDiv(NUMBERS, BLOCK), 1, BLOCK, 0);
      stream.launch(
          kernel,
          launch,
          new HostPointer(arena.allocateFrom(ValueLayout.JAVA_LONG, input.address())),
          new HostPointer(arena.allocateFrom(ValueLayout.JAVA_LONG, output.address())),
          new HostPointer(arena.allocateFrom(ValueLayout.JAVA_INT, NUMBERS)));
      stream.copyOut(output, 0, numbers);
      stream.synchronize("running " + launch.describe(kernel.module()));
      for (int i = 0; i < NUMBERS; i++) {
        float got = numbers.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        float want = 2 * i + 1;
        if (got != want) {
          return "the smoke test gave a wrong result: %s instead of %s".formatted(got, want);
        }
      }
      return null;
    }
  }
}
