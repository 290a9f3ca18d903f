package dev.batchloss.cli;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/** Whether standard error is a terminal; {@link System#console} tells of the other two only. */
final class ErrorTerminal {
  private static final int STANDARD_ERROR = 2;

  private ErrorTerminal() {}

  /** Asks the C library; takes some tens of milliseconds. False where it has no answer. */
  static boolean isThere() {
    Linker linker = Linker.nativeLinker();
    SymbolLookup library = linker.defaultLookup();
    Optional<MemorySegment> isatty = library.find("isatty").or(() -> library.find("_isatty"));
    if (isatty.isEmpty()) {
      return false;
    }
    var descriptor = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
    try {
      int answer =
          (int) linker.downcallHandle(isatty.get(), descriptor).invokeExact(STANDARD_ERROR);
      return answer != 0;
    } catch (Throwable e) {
      return false;
    }
  }
}
