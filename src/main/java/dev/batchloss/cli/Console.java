package dev.batchloss.cli;

import java.io.PrintStream;
import java.util.function.BooleanSupplier;

/**
 * Where a command prints.
 *
 * @param out results
 * @param err errors, warnings, progress
 * @param errIsTerminal whether somebody watches {@code err}
 */
record Console(PrintStream out, PrintStream err, BooleanSupplier errIsTerminal) {
  /** Prints lines of a result. */
  void print(String text) {
    print(out, text);
  }

  /** Prints one line for people that is no result. */
  void report(String line) {
    print(err, "batchloss: " + line);
  }

  /** A terminal without Unicode gets an x for the sign in 1797×10. */
  private static void print(PrintStream stream, String text) {
    boolean fits = stream.charset().newEncoder().canEncode(text);
    stream.println(fits ? text : text.replace('×', 'x'));
    stream.flush();
  }
}
