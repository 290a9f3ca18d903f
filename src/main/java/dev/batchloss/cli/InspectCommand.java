package dev.batchloss.cli;

import dev.batchloss.io.ArrayOrder;
import dev.batchloss.io.Inspection;
import dev.batchloss.io.NpyHeader;
import dev.batchloss.io.NumericFile;
import java.io.IOException;
import java.math.BigInteger;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Tells what is in a file. */
@Command(
    name = "inspect",
    description = "Tells the shape, the element type and the range of the numbers in a file.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    footer = {
      "",
      "Reads the whole file once, in constant memory.",
      "",
      "Examples:",
      "  batchloss inspect logits.npy",
      "  batchloss inspect predictions.npz:labels --json",
      "",
      "Exit codes:",
      "  0  done",
      "  1  something failed, for instance the file is missing",
      "  2  wrong usage",
      "  3  the file is no sound array of numbers"
    })
final class InspectCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(
      paramLabel = "F",
      description = "A .npy file, or a member of a .npz file as FILE.npz:NAME.")
  private String file;

  @Option(names = "--bfloat16", description = "Reads uint16 as bfloat16.")
  private boolean bfloat16;

  @Option(names = "--json", description = "Prints a JSON object.")
  private boolean json;

  InspectCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    try (NumericFile opened = NumericFile.open(file)) {
      NumericFile numbers = bfloat16 ? opened.reinterpretUint16AsBfloat16() : opened;
      Inspection inspection = Inspection.of(numbers);
      console.print(
          json
              ? Json.text(toJson(numbers.name(), inspection))
              : toTable(numbers.name(), inspection));
    }
    return ExitCodes.DONE;
  }

  private static ObjectNode toJson(String name, Inspection inspection) {
    NpyHeader header = inspection.header();
    ObjectNode object = Json.object().put("file", name);
    ArrayNode shape = object.putArray("shape");
    header.shape().forEach(shape::add);
    object
        .put("elementType", header.type().label())
        .put("order", order(header))
        .put("bytes", header.bytes());
    put(object, "minimum", inspection.minimum());
    put(object, "maximum", inspection.maximum());
    return object
        .put("nan", inspection.nans())
        .put("positiveInfinity", inspection.positiveInfinities())
        .put("negativeInfinity", inspection.negativeInfinities());
  }

  private static void put(ObjectNode object, String key, @Nullable Number value) {
    switch (value) {
      case null -> object.putNull(key);
      case Double number -> object.put(key, number);
      case BigInteger number -> object.put(key, number);
      default -> object.put(key, value.longValue());
    }
  }

  private static String toTable(String name, Inspection inspection) {
    NpyHeader header = inspection.header();
    return new TextTable()
        .row("file", name)
        .row("array", header.description())
        .row("order", order(header))
        .row("bytes", Long.toString(header.bytes()))
        .row("minimum", text(inspection.minimum()))
        .row("maximum", text(inspection.maximum()))
        .row("NaN", Long.toString(inspection.nans()))
        .row("+infinity", Long.toString(inspection.positiveInfinities()))
        .row("-infinity", Long.toString(inspection.negativeInfinities()))
        .toString();
  }

  private static String text(@Nullable Number value) {
    return value == null ? "none" : value.toString();
  }

  private static String order(NpyHeader header) {
    return header.arrayOrder() == ArrayOrder.C ? "C" : "Fortran";
  }
}
