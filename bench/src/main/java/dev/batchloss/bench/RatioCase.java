package dev.batchloss.bench;

import dev.batchloss.data.ElementType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

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
  static final String LARGE = "4096x32000";
  static final String MOST_CLASSES = "512x128256";
  static final String IN_CACHE = "8192x1000";
  static final String FEW_CLASSES = "1000000x10";

  /** What is measured unless something else is asked for. */
  static final List<String> SHAPES = List.of(LARGE, MOST_CLASSES, IN_CACHE, FEW_CLASSES, "65536x2");

  private static final List<String> ELEMENT_SHAPES = List.of("10000x1000", "100000x100");

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
        of(backend, CrossEntropyAfterMixedUse.class, LARGE),
        of(backend, BinaryCrossEntropyForward.class, ELEMENT_SHAPES.getFirst()));
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
    for (String shape : RatioComparison.NEIGHBOURS) {
      cases.add(of(backend, CrossEntropyForward.class, shape));
    }
    cases.add(of(backend, CrossEntropyGradientInPlace.class, LARGE));
    cases.add(of(backend, CrossEntropyGradientInPlace.class, MOST_CLASSES));
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
    for (String shape : ELEMENT_SHAPES) {
      cases.add(of(backend, BinaryCrossEntropyForward.class, shape));
      cases.add(of(backend, BinaryCrossEntropyGradient.class, shape));
    }
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
    if (isGradient()) {
      return readsLabels() ? "copy, labels summed" : "copy";
    }
    if (question == CrossEntropyGradientInPlace.class) {
      return "scale";
    }
    return readsLabels() ? "sum of both" : "sum";
  }

  /** Returns the size of what the loss reads in bytes: the logits, and a label for each of them. */
  long bytes() {
    return Shape.parse(shape).elements() * type.bytes() * (readsLabels() ? 2 : 1);
  }

  /** Returns whether a gradient is written beside the logits. */
  boolean isGradient() {
    return question == CrossEntropyGradient.class || question == BinaryCrossEntropyGradient.class;
  }

  /** Returns whether a matrix of labels is read too. */
  boolean readsLabels() {
    return BinaryCrossEntropyAgainstCeiling.class.isAssignableFrom(question);
  }

  /** Returns what JMH knows a method of the benchmark by. */
  String pattern(String method) {
    return "^%s\\.%s$".formatted(question.getName().replace(".", "\\."), method);
  }

  /** Returns the benchmark's parameters, as JMH takes them. */
  Map<String, String> parameters(int threads) {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("backend", backend);
    parameters.put("threads", Integer.toString(threads));
    parameters.put("shape", shape);
    parameters.put("type", type.name());
    parameters.put("memory", memory.name());
    parameters.put("copies", Integer.toString(copies));
    if (!metrics.isEmpty()) {
      parameters.put("metrics", metrics);
    }
    return parameters;
  }

  /** Returns whether the matrix stays in a large cache from call to call. */
  boolean isKeptInCache() {
    return shape.equals(IN_CACHE) && copies == 1;
  }

  static boolean isOpenCl(String backend) {
    return backend.equals("opencl") || backend.startsWith("opencl:");
  }

  /** Returns a line over an array of FLOAT32. */
  static RatioCase of(String backend, Class<? extends LossAgainstCeiling> question, String shape) {
    return new RatioCase(backend, question, shape, ElementType.FLOAT32, Memory.HEAP, 1, "");
  }

  RatioCase as(ElementType other) {
    return new RatioCase(backend, question, shape, other, memory, copies, metrics);
  }

  RatioCase in(Memory other) {
    return new RatioCase(backend, question, shape, type, other, copies, metrics);
  }

  private RatioCase inTurn(int count) {
    return new RatioCase(backend, question, shape, type, memory, count, metrics);
  }

  RatioCase with(String names) {
    return new RatioCase(backend, question, shape, type, memory, copies, names);
  }
}
