package dev.batchloss.cli;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Lists the losses. */
@Command(
    name = "losses",
    description = "Lists every loss: the predictions, targets and options that it takes.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    footer = {
      "",
      "Examples:",
      "  batchloss losses",
      "  batchloss losses --json",
      "",
      "Exit codes:",
      "  0  done",
      "  2  wrong usage"
    })
final class LossesCommand implements Callable<Integer> {
  private final Console console;

  @Option(names = "--json", description = "Prints a JSON array.")
  private boolean json;

  LossesCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    console.print(json ? Json.text(toJson()) : toText());
    return ExitCodes.DONE;
  }

  private static ArrayNode toJson() {
    ArrayNode array = Json.array();
    for (LossEntry entry : LossCatalog.entries()) {
      ObjectNode loss =
          array.addObject().put("name", entry.name()).put("description", entry.description());
      ArrayNode inputs = loss.putArray("inputs");
      entry.inputNames().forEach(inputs::add);
      ArrayNode targets = loss.putArray("targets");
      entry.targetNames().forEach(targets::add);
      ArrayNode options = loss.putArray("options");
      for (LossOption<?> option : entry.options()) {
        ObjectNode node = options.addObject().put("name", option.name());
        putDefault(node, option.defaultValue(), option.defaultText());
        node.put("description", option.description());
      }
    }
    return array;
  }

  /** Numbers and truth values as such, everything else as it would be typed. */
  private static void putDefault(ObjectNode node, @Nullable Object value, @Nullable String text) {
    switch (value) {
      case Double number -> node.put("default", number);
      case Long number -> node.put("default", number);
      case Boolean flag -> node.put("default", flag);
      case null, default -> node.put("default", text);
    }
  }

  private static String toText() {
    TextTable losses = new TextTable().row("loss", "predictions", "targets", "");
    for (LossEntry entry : LossCatalog.entries()) {
      List<String> targets = entry.targetNames();
      losses.row(
          entry.name(),
          String.join(", ", entry.inputNames()),
          targets.isEmpty() ? "none" : String.join(", ", targets),
          entry.description());
    }
    TextTable options = new TextTable().row("loss", "options, with their defaults");
    for (LossEntry entry : LossCatalog.entries()) {
      options.row(
          entry.name(),
          entry.options().stream().map(LossesCommand::text).collect(Collectors.joining(", ")));
    }
    TextTable meanings = new TextTable().row("option", "");
    LossCatalog.options().forEach(option -> meanings.row(option.name(), option.description()));
    return losses + "\n\n" + options + "\n\n" + meanings;
  }

  private static String text(LossOption<?> option) {
    String defaultText = option.defaultText();
    return defaultText == null || option.isFlag()
        ? option.name()
        : option.name() + " " + defaultText;
  }
}
