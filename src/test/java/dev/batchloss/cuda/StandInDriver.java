package dev.batchloss.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/** What the stand-in driver offers beside a driver's functions; does nothing on a real one. */
final class StandInDriver {
  private static final SymbolLookup DRIVER =
      SymbolLookup.libraryLookup("libcuda.so.1", Arena.global());

  private StandInDriver() {}

  /** Changes one of its settings. */
  static void set(String name, String value) {
    Optional<MemorySegment> function = DRIVER.find("emulatedGpuSet");
    if (function.isEmpty()) {
      return;
    }
    FunctionDescriptor type =
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS);
    try (Arena arena = Arena.ofConfined()) {
      int code =
          (int)
              Linker.nativeLinker()
                  .downcallHandle(function.get(), type)
                  .invokeExact(arena.allocateFrom(name), arena.allocateFrom(value));
      if (code != 0) {
        throw new AssertionError("the stand-in takes no %s=%s".formatted(name, value));
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Makes a setting what the environment says, so that later tests run in their own mode. */
  static void reset(String name, String otherwise) {
    set(name, System.getenv().getOrDefault(name, otherwise));
  }

  /** Returns how many kernels a device has run; 0 on a real driver. */
  static long launches(int device) {
    Optional<MemorySegment> function = DRIVER.find("emulatedGpuLaunches");
    if (function.isEmpty()) {
      return 0;
    }
    FunctionDescriptor type = FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT);
    try {
      return (long) Linker.nativeLinker().downcallHandle(function.get(), type).invokeExact(device);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Returns how many misuses and faults it has reported. */
  static long reported() {
    Optional<MemorySegment> function = DRIVER.find("emulatedGpuReported");
    if (function.isEmpty()) {
      return 0;
    }
    try {
      return (long)
          Linker.nativeLinker()
              .downcallHandle(function.get(), FunctionDescriptor.of(ValueLayout.JAVA_LONG))
              .invokeExact();
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
