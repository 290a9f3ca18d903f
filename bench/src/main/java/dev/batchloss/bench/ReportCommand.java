package dev.batchloss.bench;

import dev.batchloss.data.BackendUnavailableException;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the commands of {@code bench/run} have in common: their help and how they end. */
abstract class ReportCommand implements Callable<Integer> {
  /** The exit code where a backend that was asked for cannot run. */
  static final int UNAVAILABLE = 4;

  @Spec private CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Print this and exit.")
  private boolean help;

  /** Runs the command and ends the JVM, with exit code 1 if it fails, 4 without the backend. */
  static void execute(ReportCommand command, String[] arguments) {
    CommandLine line = new CommandLine(command);
    line.setExecutionExceptionHandler(
        (failure, failed, parsed) -> {
          failed.getErr().println(failed.getCommandName() + ": " + failure.getMessage());
          return failure instanceof BackendUnavailableException ? UNAVAILABLE : ExitCode.SOFTWARE;
        });
    System.exit(line.execute(arguments));
  }

  /** Tells a person who waits how far it is. */
  void progress(String format, Object... arguments) {
    System.err.println(spec.name() + ": " + String.format(Locale.ROOT, format, arguments));
  }

  /** Returns what makes the same report again. */
  String command() {
    return command(spec.name(), spec.commandLine().getParseResult().originalArgs());
  }

  /** Returns the command as a shell takes it. */
  static String command(String name, Iterable<String> arguments) {
    StringBuilder text = new StringBuilder(name);
    for (String argument : arguments) {
      boolean isPlain = argument.matches("[\\w.,:/=+-]+");
      text.append(' ').append(isPlain ? argument : "'" + argument.replace("'", "'\\''") + "'");
    }
    return text.toString();
  }
}
