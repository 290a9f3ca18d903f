package dev.batchloss.bench;

import dev.batchloss.data.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One line of the report: a benchmark at one choice of its parameters.
 *
 * @param backend what computes the loss
 * @param question the benchmark
 * @param shape rows × classes
 * @param type the format of the logits
 * @param memory where they stand
 * @param copies how many copies of the matrices are gone through in turn
 * @param metrics what {@link CrossEntropyMetrics} asks for, empty for the others
 */
record RatioCase(
    String backend,
    Class<? extends LossAgainstCeiling> question,
    String shape,
    ElementType type,
    Memory memory,
    int copies,
    String metrics) {
  private static final String LARGE = "4096x32000";
  private static final String IN_CACHE = "8192x1000";
  private static final String FEW_CLASSES = "1000000x10";
  private static final List<String> SHAPES =
      List.of(LARGE, "512x128256", IN_CACHE, FEW_CLASSES, "65536x2");

  /** Of matrices of 32 to 40 MB: together several times what caches hold. */
  private static final int BEYOND_CACHES = 8;

  /** The few lines of a backend that tell most. */
  static List<RatioCase> quick(String backend) {
    return isOpenCl(backend) ? quickOfDevice(backend) : quickOfHost(backend);
  }

  /** Every line of a backend. */
  static List<RatioCase> all(String backend) {
    return isOpenCl(backend) ? allOfDevice(backend) : allOfHost(backend);
  }

  private static List<RatioCase> quickOfHost(String backend) {
    RatioCase forward = of(backend, CrossEntropyForward.class, LARGE);
    return List.of(
        forward,
        of(backend, CrossEntropyForward.class, IN_CACHE),
        of(backend, CrossEntropyForward.class, IN_CACHE).inTurn(BEYOND_CACHES),
        of(backend, CrossEntropyForward.class, FEW_CLASSES),
        forward.in(Memory.NATIVE),
        of(backend, CrossEntropyGradient.class, LARGE),
        of(backend, CrossEntropyGradientInPlace.class, LARGE),
        of(backend, CrossEntropyAfterMixedUse.class, LARGE));
  }

  /** Every question at every shape, and the large shape in every type and memory. */
  private static List<RatioCase> allOfHost(String backend) {
    List<RatioCase> cases = new ArrayList<>();
    for (var question : List.of(CrossEntropyForward.class, CrossEntropyGradient.class)) {
      for (String shape : SHAPES) {
        cases.add(of(backend, question, shape));
      }
      cases.add(of(backend, question, IN_CACHE).inTurn(BEYOND_CACHES));
      cases.add(of(backend, question, FEW_CLASSES).inTurn(BEYOND_CACHES));
    }
    cases.add(of(backend, CrossEntropyGradientInPlace.class, LARGE));
    cases.add(of(backend, CrossEntropyGradientInPlace.class, FEW_CLASSES));
    for (var question : List.of(CrossEntropyForward.class, CrossEntropyGradient.class)) {
      RatioCase large = of(backend, question, LARGE);
      cases.add(large.in(Memory.NATIVE));
      cases.add(large.as(ElementType.FLOAT64));
      cases.add(large.as(ElementType.FLOAT16));
      cases.add(large.as(ElementType.BFLOAT16));
    }
    cases.add(of(backend, CrossEntropyLabelSmoothing.class, LARGE));
    for (String metrics : List.of("accuracy", "accuracy+top5+perplexity+entropy")) {
      cases.add(of(backend, CrossEntropyMetrics.class, LARGE).with(metrics));
    }
    RatioCase afterMixedUse = of(backend, CrossEntropyAfterMixedUse.class, LARGE);
    cases.add(afterMixedUse);
    cases.add(afterMixedUse.in(Memory.NATIVE));
    cases.add(of(backend, CrossEntropyAfterMixedUse.class, FEW_CLASSES));
    return List.copyOf(cases);
  }

  private static List<RatioCase> quickOfDevice(String backend) {
    return allOfDevice(backend).stream()
        .filter(
            one ->
                one.question == CrossEntropyForward.class
                    || (one.memory == Memory.NATIVE && !one.isKeptInCache()))
        .toList();
  }

  /** Loss and gradient, in arrays that have to be copied and in memory that may be shared. */
  private static List<RatioCase> allOfDevice(String backend) {
    List<RatioCase> cases = new ArrayList<>();
    for (var question : List.of(CrossEntropyForward.class, CrossEntropyGradient.class)) {
      for (Memory memory : Memory.values()) {
        cases.add(of(backend, question, LARGE).in(memory));
        cases.add(of(backend, question, IN_CACHE).in(memory).inTurn(BEYOND_CACHES));
        cases.add(of(backend, question, IN_CACHE).in(memory));
        cases.add(of(backend, question, FEW_CLASSES).in(memory).inTurn(BEYOND_CACHES));
      }
    }
    return List.copyOf(cases);
  }

  /** Returns the benchmark and its parameters in words. */
  String label() {
    String base =
        "%s %s %s %s"
            .formatted(
                question.getSimpleName(), shape, type, memory.name().toLowerCase(Locale.ROOT));
    String turns = copies == 1 ? base : "%s %d in turn".formatted(base, copies);
    return metrics.isEmpty() ? turns : turns + " " + metrics;
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
   * Returns the ratio the project holds itself to on a machine with two processors, an OpenCL
   * device being those processors; NaN where none is set.
   */
  double goal() {
    boolean forward =
        question == CrossEntropyForward.class || question == CrossEntropyAfterMixedUse.class;
    if (type != ElementType.FLOAT32) {
      return Double.NaN;
    }
    if (isOpenCl(backend)) {
      return forward && memory == Memory.NATIVE && !isKeptInCache() && !shape.equals(FEW_CLASSES)
          ? 0.50
          : Double.NaN;
    }
    boolean gradient =
        question == CrossEntropyGradient.class || question == CrossEntropyGradientInPlace.class;
    if (shape.equals(LARGE) && (forward || gradient)) {
      return forward ? 0.70 : 0.45;
    }
    return shape.equals(FEW_CLASSES) && forward && copies == 1 ? 0.15 : Double.NaN;
  }

  private boolean isKeptInCache() {
    return shape.equals(IN_CACHE) && copies == 1;
  }

  private static boolean isOpenCl(String backend) {
    return backend.equals("opencl") || backend.startsWith("opencl:");
  }

  private static RatioCase of(
      String backend, Class<? extends LossAgainstCeiling> question, String shape) {
    return new RatioCase(backend, question, shape, ElementType.FLOAT32, Memory.HEAP, 1, "");
  }

  private RatioCase as(ElementType other) {
    return new RatioCase(backend, question, shape, other, memory, copies, metrics);
  }

  private RatioCase in(Memory other) {
    return new RatioCase(backend, question, shape, type, other, copies, metrics);
  }

  private RatioCase inTurn(int count) {
    return new RatioCase(backend, question, shape, type, memory, count, metrics);
  }

  private RatioCase with(String names) {
    return new RatioCase(backend, question, shape, type, memory, copies, names);
  }
}
