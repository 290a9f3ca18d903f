package dev.batchloss.cli;

import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line {@code batchloss}. */
@Command(
    name = "batchloss",
    description = "Classification losses over large prediction matrices, in one fused pass.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Examples:",
      "  batchloss evaluate --logits logits.npy --targets labels.npy",
      "  batchloss losses",
      "  batchloss devices",
      "",
      "'batchloss COMMAND --help' tells of each command."
    })
public final class Main implements Runnable {
  @Spec private CommandSpec spec;

  private Main() {}

  /** Runs the command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    Console console = new Console(System.out, System.err, ErrorTerminal::isThere);
    System.exit(run(console, arguments));
  }

  /** Runs the command and returns its exit code; never throws. */
  static int run(Console console, String... arguments) {
    boolean json = List.of(arguments).contains("--json");
    try {
      return new CommandLine(new Main())
          .addSubcommand(EvaluateCommand.with(console))
          .addSubcommand(new LossesCommand(console))
          .addSubcommand(new DevicesCommand(console))
          .addSubcommand(new InspectCommand(console))
          .addSubcommand(new BenchCommand(console))
          .setExpandAtFiles(false)
          .setUsageHelpAutoWidth(true)
          .setOut(new PrintWriter(console.out(), true, console.out().charset()))
          .setParameterExceptionHandler((e, _) -> fail(console, json, e))
          .setExecutionExceptionHandler((e, _, _) -> fail(console, json, e))
          .execute(arguments);
    } catch (Error e) {
      return fail(console, json, e);
    }
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "there is no command: evaluate, losses, devices, inspect or bench");
  }

  private static int fail(Console console, boolean json, Throwable cause) {
    Failure failure = Failure.of(cause);
    if (json) {
      console.print(
          Json.text(
              Json.object().put("error", failure.message()).put("exitCode", failure.exitCode())));
    } else {
      console.report(failure.message());
    }
    return failure.exitCode();
  }

  /** The version of the jar. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {"batchloss " + (version == null ? "(not packaged)" : version)};
    }
  }
}
