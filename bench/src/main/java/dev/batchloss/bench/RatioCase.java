package dev.batchloss.bench;

import dev.batchloss.data.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One line of the report: a benchmark at one choice of its parameters.
 *
 * @param question the benchmark
 * @param shape rows × classes
 * @param type the format of the logits
 * @param memory where they stand
 * @param metrics what {@link CrossEntropyMetrics} asks for, empty for the others
 */
record RatioCase(
    Class<? extends LossAgainstCeiling> question,
    String shape,
    ElementType type,
    Memory memory,
    String metrics) {
  private static final String LARGE = "4096x32000";
  private static final String FEW_CLASSES = "1000000x10";
  private static final List<String> SHAPES =
      List.of(LARGE, "512x128256", "8192x1000", FEW_CLASSES, "65536x2");

  /** The few that tell most. */
  static List<RatioCase> quick() {
    return List.of(
        of(CrossEntropyForward.class, LARGE),
        of(CrossEntropyForward.class, "8192x1000"),
        of(CrossEntropyForward.class, FEW_CLASSES),
        of(CrossEntropyForward.class, LARGE, ElementType.FLOAT32, Memory.NATIVE),
        of(CrossEntropyGradient.class, LARGE),
        of(CrossEntropyGradientInPlace.class, LARGE),
        of(CrossEntropyAfterMixedUse.class, LARGE));
  }

  /** Every question at every shape, and the large shape in every type and memory. */
  static List<RatioCase> all() {
    List<RatioCase> cases = new ArrayList<>();
    for (String shape : SHAPES) {
      cases.add(of(CrossEntropyForward.class, shape));
    }
    for (String shape : SHAPES) {
      cases.add(of(CrossEntropyGradient.class, shape));
    }
    cases.add(of(CrossEntropyGradientInPlace.class, LARGE));
    cases.add(of(CrossEntropyGradientInPlace.class, FEW_CLASSES));
    for (var question : List.of(CrossEntropyForward.class, CrossEntropyGradient.class)) {
      cases.add(of(question, LARGE, ElementType.FLOAT32, Memory.NATIVE));
      cases.add(of(question, LARGE, ElementType.FLOAT64, Memory.HEAP));
      cases.add(of(question, LARGE, ElementType.FLOAT16, Memory.HEAP));
      cases.add(of(question, LARGE, ElementType.BFLOAT16, Memory.HEAP));
    }
    cases.add(of(CrossEntropyLabelSmoothing.class, LARGE));
    for (String metrics : List.of("accuracy", "accuracy+top5+perplexity+entropy")) {
      cases.add(
          new RatioCase(
              CrossEntropyMetrics.class, LARGE, ElementType.FLOAT32, Memory.HEAP, metrics));
    }
    cases.add(of(CrossEntropyAfterMixedUse.class, LARGE));
    cases.add(of(CrossEntropyAfterMixedUse.class, LARGE, ElementType.FLOAT32, Memory.NATIVE));
    cases.add(of(CrossEntropyAfterMixedUse.class, FEW_CLASSES));
    return List.copyOf(cases);
  }

  /** Returns the benchmark and its parameters in words. */
  String label() {
    String base =
        "%s %s %s %s"
            .formatted(
                question.getSimpleName(), shape, type, memory.name().toLowerCase(Locale.ROOT));
    return metrics.isEmpty() ? base : base + " " + metrics;
  }

  /** Returns what the loss is compared with. */
  String ceiling() {
    if (question == CrossEntropyGradient.class) {
      return "copy";
    }
    return question == CrossEntropyGradientInPlace.class ? "scale" : "sum";
  }

  /** Returns the size of the logits in bytes. */
  long bytes() {
    return Shape.parse(shape).elements() * type.bytes();
  }

  /**
   * Returns the ratio the project holds itself to on a machine with two processors, NaN where none
   * is set.
   */
  double goal() {
    if (type != ElementType.FLOAT32) {
      return Double.NaN;
    }
    boolean gradient =
        question == CrossEntropyGradient.class || question == CrossEntropyGradientInPlace.class;
    boolean forward =
        question == CrossEntropyForward.class || question == CrossEntropyAfterMixedUse.class;
    if (shape.equals(LARGE) && (forward || gradient)) {
      return forward ? 0.70 : 0.45;
    }
    return shape.equals(FEW_CLASSES) && forward ? 0.15 : Double.NaN;
  }

  private static RatioCase of(Class<? extends LossAgainstCeiling> question, String shape) {
    return of(question, shape, ElementType.FLOAT32, Memory.HEAP);
  }

  private static RatioCase of(
      Class<? extends LossAgainstCeiling> question, String shape, ElementType type, Memory memory) {
    return new RatioCase(question, shape, type, memory, "");
  }
}
