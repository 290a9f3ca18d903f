package dev.batchloss.cli;

import dev.batchloss.BackendStatus;
import dev.batchloss.BatchLoss;
import dev.batchloss.Outputs;
import dev.batchloss.cli.MedianTimer.Timing;
import dev.batchloss.data.BatchLossException;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.loss.Loss;
import dev.batchloss.spi.DeviceMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Mean cross-entropy of one shape of float32 logits on several backends, and what the memory of
 * this machine allows at best, measured in the same run over the same arrays.
 */
final class Benchmark {
  private static final long SEED = 42;
  private static final float SPREAD = 3;
  private static final int THREADS = Runtime.getRuntime().availableProcessors();

  /** Devices that share the host's memory use pages of it in place. */
  private static final long PAGE = 4096;

  /** What is computed. */
  enum Task {
    /** The loss alone: reads the logits. */
    LOSS("loss", 1),
    /** The loss and its gradient in another array: reads one and writes one. */
    GRADIENT("gradient", 2),
    /** The loss and its gradient over the logits: reads and writes one. */
    GRADIENT_IN_PLACE("gradientInPlace", 2);

    private final String label;
    private final int passes;

    Task(String label, int passes) {
      this.label = label;
      this.passes = passes;
    }

    String label() {
      return label;
    }
  }

  /** Where the matrices lie. */
  enum Place {
    /** In Java arrays, which a device has to be sent. */
    HEAP,
    /** Outside the Java heap, where a device that shares the host's memory uses them in place. */
    NATIVE,
    /** On the backend's device, where they stay. */
    DEVICE;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * One measurement.
   *
   * @param backend the backend's name, or what stands for the memory alone
   * @param place where the matrices lay
   * @param task what was computed, or for the memory what moves as many bytes
   * @param seconds the median time
   * @param kernelSeconds the median of what a device spent in kernels, where that is known
   * @param bytesPerSecond bytes read and written a second
   * @param ceilingShare the memory's time for as many bytes over this time
   */
  record Measurement(
      String backend,
      Place place,
      Task task,
      double seconds,
      OptionalDouble kernelSeconds,
      double bytesPerSecond,
      double ceilingShare) {}

  private final int rows;
  private final int classes;
  private final MedianTimer timer;
  private final float[] logits;
  private final float[] other;
  private final Targets labels;
  private final Loss loss = CrossEntropy.builder().build();

  /** Each gradient becomes the next one's logits: small numbers, but no special ones. */
  private final Outputs inPlace = Outputs.gradientInPlace();

  private final Map<Task, Double> ceilings = new EnumMap<>(Task.class);

  /**
   * Allocates and fills the arrays.
   *
   * @param measurements how many measurements share the time
   * @param seconds how long all of it may take
   */
  Benchmark(int rows, int classes, int measurements, double seconds) {
    this.rows = rows;
    this.classes = classes;
    this.timer = new MedianTimer(seconds / measurements);
    this.logits = new float[rows * classes];
    this.other = new float[rows * classes];
    int[] targets = new int[rows];
    Random random = new Random(SEED);
    for (int i = 0; i < logits.length; i++) {
      logits[i] = SPREAD * (float) random.nextGaussian();
    }
    for (int row = 0; row < rows; row++) {
      targets[row] = random.nextInt(classes);
    }
    this.labels = Targets.classes(targets);
  }

  /** Measures the memory; comes before the backends. */
  List<Measurement> memory() {
    try (MemoryCeiling ceiling = new MemoryCeiling(THREADS)) {
      Map<Task, Timing> timings =
          time(
              task ->
                  switch (task) {
                    case LOSS -> untimed(() -> ceiling.read(logits));
                    case GRADIENT -> untimed(() -> ceiling.copy(logits, other));
                    case GRADIENT_IN_PLACE -> untimed(() -> ceiling.scaleInPlace(other));
                  });
      timings.forEach((task, timing) -> ceilings.put(task, timing.seconds()));
      return measurements("memory", Place.HEAP, timings);
    }
  }

  /**
   * Returns where matrices are measured: on the heap, and for a backend with a device of its own
   * everywhere.
   */
  static List<Place> places(BatchLoss engine) {
    try (DeviceMatrix _ = engine.allocate(ElementType.FLOAT32, 1, 1)) {
      return List.of(Place.values());
    } catch (UnsupportedOperationException e) {
      return List.of(Place.HEAP);
    }
  }

  /** Measures an engine in every place. */
  List<Measurement> run(BatchLoss engine) {
    Matrix input = Matrix.of(logits, rows, classes);
    Matrix output = Matrix.of(other, rows, classes);
    String opened = engine.backend().name();
    List<Measurement> measurements = new ArrayList<>();
    for (Place place : places(engine)) {
      measurements.addAll(
          switch (place) {
            case HEAP -> run(engine, place, input, output);
            case NATIVE -> runInNativeMemory(engine);
            case DEVICE -> runOnDevice(engine, input, output);
          });
    }
    requireUnchanged(opened, engine);
    return measurements;
  }

  /** The times of one backend must not be told as another's. */
  private static void requireUnchanged(String opened, BatchLoss engine) {
    for (BackendStatus status : engine.passedOver()) {
      if (status.name().equals(opened)) {
        throw new BatchLossException(opened + " " + status.reason());
      }
    }
  }

  private List<Measurement> runInNativeMemory(BatchLoss engine) {
    try (Arena arena = Arena.ofShared()) {
      return run(engine, Place.NATIVE, copy(logits, arena), copy(other, arena));
    }
  }

  private List<Measurement> run(BatchLoss engine, Place place, Matrix input, Matrix output) {
    Outputs gradient = Outputs.gradientInto(output);
    return measurements(
        engine.backend().name(),
        place,
        time(
            task ->
                switch (task) {
                  case LOSS -> () -> engine.evaluate(loss, input, labels).kernelSeconds();
                  case GRADIENT ->
                      () -> engine.evaluate(loss, input, labels, gradient).kernelSeconds();
                  case GRADIENT_IN_PLACE ->
                      () -> engine.evaluate(loss, output, labels, inPlace).kernelSeconds();
                }));
  }

  private List<Measurement> runOnDevice(BatchLoss engine, Matrix input, Matrix output) {
    try (DeviceMatrix sent = engine.toDevice(input);
        DeviceMatrix written = engine.toDevice(output)) {
      Outputs gradient = Outputs.gradientInto(written);
      return measurements(
          engine.backend().name(),
          Place.DEVICE,
          time(
              task ->
                  switch (task) {
                    case LOSS -> () -> engine.evaluate(loss, sent, labels).kernelSeconds();
                    case GRADIENT ->
                        () -> engine.evaluate(loss, sent, labels, gradient).kernelSeconds();
                    case GRADIENT_IN_PLACE ->
                        () -> engine.evaluate(loss, written, labels, inPlace).kernelSeconds();
                  }));
    }
  }

  private Matrix copy(float[] values, Arena arena) {
    MemorySegment from = MemorySegment.ofArray(values);
    MemorySegment to = arena.allocate(from.byteSize(), PAGE).copyFrom(from);
    return Matrix.of(to, ElementType.FLOAT32, rows, classes);
  }

  /** Times every task after all of them have been warmed up: they share code. */
  private Map<Task, Timing> time(Function<Task, Supplier<OptionalDouble>> actions) {
    for (Task task : Task.values()) {
      timer.warmUp(actions.apply(task));
    }
    Map<Task, Timing> timings = new EnumMap<>(Task.class);
    for (Task task : Task.values()) {
      timings.put(task, timer.time(actions.apply(task)));
    }
    return timings;
  }

  private static Supplier<OptionalDouble> untimed(Runnable action) {
    return () -> {
      action.run();
      return OptionalDouble.empty();
    };
  }

  private List<Measurement> measurements(String backend, Place place, Map<Task, Timing> timings) {
    List<Measurement> measurements = new ArrayList<>();
    timings.forEach((task, timing) -> measurements.add(measurement(backend, place, task, timing)));
    return measurements;
  }

  private Measurement measurement(String backend, Place place, Task task, Timing timing) {
    double bytes = (double) task.passes * Float.BYTES * rows * classes;
    double seconds = timing.seconds();
    return new Measurement(
        backend,
        place,
        task,
        seconds,
        timing.kernelSeconds(),
        bytes / seconds,
        ceilings.get(task) / seconds);
  }
}
