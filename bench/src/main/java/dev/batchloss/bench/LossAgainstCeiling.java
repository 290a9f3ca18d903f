package dev.batchloss.bench;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.Outputs;
import dev.batchloss.bench.Ceiling.Pass;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.data.ValueTargets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.loss.Loss;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One question, asked three ways over one state: {@link #loss} times the loss, {@link #ceiling}
 * what the memory allows, and {@link #alternating} both by turns, which is what a ratio is made of.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 2,
    jvmArgsAppend = {
      "--add-modules=jdk.incubator.vector",
      "--enable-native-access=ALL-UNNAMED",
      "-XX:+UseSerialGC"
    })
public abstract class LossAgainstCeiling {
  /** A smaller matrix is gone through several times for one measurement of an alternation. */
  private static final long BYTES_PER_TURN = 32L << 20;

  /** The backend: {@code cpu}, {@code scalar}, {@code opencl}. */
  @Param("cpu")
  public String backend = "";

  /** Rows × classes. */
  @Param({"4096x32000", "512x128256", "8192x1000", "1000000x10", "65536x2"})
  public String shape = "";

  /** The format of the logits, and of the gradient. */
  @Param("FLOAT32")
  public ElementType type = ElementType.FLOAT32;

  /** Where the logits stand, and the gradient. */
  @Param("HEAP")
  public Memory memory = Memory.HEAP;

  /** How many threads compute, for the loss and for its ceiling; 0 for one a processor. */
  @Param("0")
  public int threads;

  /**
   * How many copies of the matrices are gone through in turn. One that fits in a cache stays there
   * from call to call, as a file that is evaluated once never does; copies that together are
   * several times as large as the caches come from memory.
   */
  @Param("1")
  public int copies;

  private final Pass pass;
  private Run run;
  private int turn;

  /** The matrices of one copy, and what is asked for in them. */
  private record Copy(
      Matrix logits, Targets targets, Matrix second, Ceiling ceiling, Outputs outputs) {}

  /** What is set up once in each fork. */
  private record Run(Arena arena, BatchLoss engine, List<Copy> copies, Loss loss, int repeats) {

    Copy copy(int turn) {
      return copies.get(turn % copies.size());
    }

    LossResult evaluate(int turn) {
      Copy copy = copy(turn);
      return engine.evaluate(loss, copy.logits, copy.targets, copy.outputs);
    }
  }

  LossAgainstCeiling(Pass pass) {
    this.pass = pass;
  }

  /** Returns what is computed. */
  Loss lossFunction() {
    return CrossEntropy.builder().build();
  }

  /** Fills the logits and returns their targets; native memory lives as long as the arena. */
  Targets fill(Matrix logits, Arena arena) {
    return Predictions.fill(logits);
  }

  /**
   * Returns what is asked for besides the loss.
   *
   * @param gradient a matrix like the logits, if the pass is a COPY
   */
  Outputs outputs(Matrix gradient) {
    return Outputs.lossOnly();
  }

  /** What the engine does before anything is timed. */
  void prepare(BatchLoss engine) {}

  /** Makes the data, and stops if the backend computes something else than the loss. */
  @Setup(Level.Trial)
  public void open() {
    if (copies < 1 || (pass == Pass.SCALE && copies > 1)) {
      throw new IllegalArgumentException(
          "copies is " + copies + ", must be at least 1, and 1 where logits are written over");
    }
    Shape size = Shape.parse(shape);
    Arena arena = Arena.ofShared();
    Matrix logits = memory.allocate(type, size.rows(), size.classes(), arena);
    Targets targets = fill(logits, arena);
    BatchLoss engine = BatchLoss.builder().backend(backend).threads(threads).open();
    Predictions.requireFirstLoss(engine, logits, targets);
    prepare(engine);
    List<Copy> all = new ArrayList<>();
    for (int i = 0; i < copies; i++) {
      all.add(
          i == 0
              ? copy(logits, targets, arena)
              : copy(another(logits, arena), another(targets, arena), arena));
    }
    int repeats = pass == Pass.SCALE ? 1 : repeats(logits.segment().byteSize());
    int turns = Math.ceilDiv(repeats, copies) * copies;
    run = new Run(arena, engine, List.copyOf(all), lossFunction(), turns);
  }

  /** Puts the logits back where the gradient was written over them; not timed. */
  @Setup(Level.Invocation)
  public void restore() {
    if (pass == Pass.SCALE) {
      Copy only = run.copy(0);
      only.logits.segment().copyFrom(only.second.segment());
    }
  }

  /** The loss alone. */
  @Benchmark
  public LossResult loss() {
    return run.evaluate(nextTurn());
  }

  /** The ceiling alone. */
  @Benchmark
  public double ceiling() {
    return run.copy(nextTurn()).ceiling.run(pass);
  }

  /**
   * The loss, then the ceiling, each timed: whatever slows the machine for longer than one of them
   * slows both. JMH's own time of this method, that of both together, means nothing.
   */
  @Benchmark
  public double alternating(AlternatingTimes times) {
    int repeats = run.repeats;
    double sink = 0;
    long start = System.nanoTime();
    for (int i = 0; i < repeats; i++) {
      sink += run.evaluate(i).loss();
    }
    long between = System.nanoTime();
    for (int i = 0; i < repeats; i++) {
      sink += run.copy(i).ceiling.run(pass);
    }
    long end = System.nanoTime();
    times.add((between - start) / (double) repeats, (end - between) / (double) repeats);
    return sink;
  }

  /** Frees the data. */
  @TearDown(Level.Trial)
  public void close() {
    // Asked for by name it passes nothing over, until its device fails and another goes on.
    if (!run.engine.passedOver().isEmpty()) {
      throw new IllegalStateException(
          "not all was timed on " + backend + ": " + run.engine.passedOver());
    }
    run.engine.close();
    run.copies.forEach(copy -> copy.ceiling.close());
    run.arena.close();
  }

  private int nextTurn() {
    turn = (turn + 1) % copies;
    return turn;
  }

  private Copy copy(Matrix logits, Targets targets, Arena arena) {
    boolean needsSecond = pass == Pass.COPY || pass == Pass.SCALE;
    Matrix second = needsSecond ? another(logits, arena) : logits;
    int workers = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    Ceiling ceiling = new Ceiling(logits, second, alsoRead(targets), workers);
    return new Copy(logits, targets, second, ceiling, outputs(second));
  }

  /** Indices of classes are too few to count; a number an element is as much as the logits. */
  private static List<Matrix> alsoRead(Targets targets) {
    return targets instanceof ValueTargets numbers ? List.of(numbers.values()) : List.of();
  }

  private Targets another(Targets targets, Arena arena) {
    return targets instanceof ValueTargets numbers
        ? Targets.values(another(numbers.values(), arena))
        : targets;
  }

  private Matrix another(Matrix logits, Arena arena) {
    Matrix other = memory.allocate(type, logits.rows(), logits.classes(), arena);
    other.segment().copyFrom(logits.segment());
    return other;
  }

  private static int repeats(long bytes) {
    return (int) Math.max(1, BYTES_PER_TURN / bytes);
  }
}
