package dev.batchloss.bench;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.Outputs;
import dev.batchloss.bench.Ceiling.Pass;
import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.loss.CrossEntropy;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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

  /** The backend: {@code cpu} or {@code scalar}. */
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

  private final Pass pass;
  private Run run;

  /** What is set up once in each fork. */
  private record Run(
      Arena arena,
      BatchLoss engine,
      Ceiling ceiling,
      Matrix logits,
      Matrix second,
      ClassTargets targets,
      CrossEntropy loss,
      Outputs outputs,
      int repeats) {

    LossResult evaluate() {
      return engine.evaluate(loss, logits, targets, outputs);
    }
  }

  LossAgainstCeiling(Pass pass) {
    this.pass = pass;
  }

  /** Returns what is computed. */
  CrossEntropy crossEntropy() {
    return CrossEntropy.builder().build();
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
    Shape size = Shape.parse(shape);
    Arena arena = Arena.ofShared();
    Matrix logits = memory.allocate(type, size.rows(), size.classes(), arena);
    ClassTargets targets = Predictions.fill(logits);
    Matrix second = logits;
    if (pass == Pass.COPY || pass == Pass.SCALE) {
      second = memory.allocate(type, size.rows(), size.classes(), arena);
      MemorySegment.copy(logits.segment(), 0, second.segment(), 0, logits.segment().byteSize());
    }
    BatchLoss engine = BatchLoss.builder().backend(backend).threads(threads).open();
    double first =
        engine
            .evaluate(CrossEntropy.builder().build(), logits.outerSlice(0, 1), targets.slice(0, 1))
            .loss();
    Predictions.requireFirstLoss(logits, targets, first);
    prepare(engine);
    int workers = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    run =
        new Run(
            arena,
            engine,
            new Ceiling(logits, second, workers),
            logits,
            second,
            targets,
            crossEntropy(),
            outputs(second),
            pass == Pass.SCALE ? 1 : repeats(logits.segment().byteSize()));
  }

  /** Puts the logits back where the gradient was written over them; not timed. */
  @Setup(Level.Invocation)
  public void restore() {
    if (pass == Pass.SCALE) {
      MemorySegment logits = run.logits.segment();
      MemorySegment.copy(run.second.segment(), 0, logits, 0, logits.byteSize());
    }
  }

  /** The loss alone. */
  @Benchmark
  public LossResult loss() {
    return run.evaluate();
  }

  /** The ceiling alone. */
  @Benchmark
  public double ceiling() {
    return run.ceiling.run(pass);
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
      sink += run.evaluate().loss();
    }
    long between = System.nanoTime();
    for (int i = 0; i < repeats; i++) {
      sink += run.ceiling.run(pass);
    }
    long end = System.nanoTime();
    times.add((between - start) / (double) repeats, (end - between) / (double) repeats);
    return sink;
  }

  /** Frees the data. */
  @TearDown(Level.Trial)
  public void close() {
    run.engine.close();
    run.ceiling.close();
    run.arena.close();
  }

  private static int repeats(long bytes) {
    return (int) Math.max(1, BYTES_PER_TURN / bytes);
  }
}
