package dev.batchloss.cli;

import dev.batchloss.BackendStatus;
import dev.batchloss.BatchLoss;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ArrayNode;

/** Lists the backends. */
@Command(
    name = "devices",
    description = "Lists every backend: whether it can run here, and if not, why.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    footer = {
      "",
      "The one marked * runs unless --backend, the system property",
      "batchloss.backend or the environment variable BATCHLOSS_BACKEND names another.",
      "",
      "Examples:",
      "  batchloss devices",
      "  BATCHLOSS_BACKEND=scalar batchloss devices --json",
      "",
      "Exit codes:",
      "  0  done",
      "  1  something failed",
      "  2  wrong usage",
      "  4  the backend that the environment names is not available"
    })
final class DevicesCommand implements Callable<Integer> {
  private final Console console;

  @Option(names = "--json", description = "Prints a JSON array.")
  private boolean json;

  DevicesCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    List<BackendStatus> backends = BatchLoss.backends();
    console.print(json ? Json.text(toJson(backends)) : toTable(backends));
    return ExitCodes.DONE;
  }

  private static ArrayNode toJson(List<BackendStatus> backends) {
    ArrayNode array = Json.array();
    for (BackendStatus backend : backends) {
      array
          .addObject()
          .put("name", backend.name())
          .put("available", backend.available())
          .put("chosen", backend.chosen())
          .put("detail", backend.detail())
          .put("reason", backend.reason());
    }
    return array;
  }

  private static String toTable(List<BackendStatus> backends) {
    TextTable table = new TextTable();
    for (BackendStatus backend : backends) {
      // A reason may have the lines of a compiler's log.
      String reason = backend.reason() == null ? "" : backend.reason().replace("\n", "\n      ");
      table.row(
          backend.chosen() ? "* " + backend.name() : "  " + backend.name(),
          backend.available() ? "available" : "not available",
          backend.detail() + (backend.detail().isEmpty() || reason.isEmpty() ? "" : "; ") + reason);
    }
    return table.toString();
  }
}
