package dev.batchloss.bench;

import dev.batchloss.bench.Ceiling.Pass;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import java.lang.foreign.Arena;
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
 * How fast can this machine read, copy and rewrite a matrix at all, and is the ceiling a good one:
 * faster than a plain loop, and no slower with fewer threads?
 *
 * <pre>bench/run MemoryCeiling -p shape=4096x32000 -p threads=1,2</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 2,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-XX:+UseSerialGC"})
public class MemoryCeiling {
  /** Rows × classes. */
  @Param("4096x32000")
  public String shape = "";

  /** The format of the elements. */
  @Param("FLOAT32")
  public ElementType type = ElementType.FLOAT32;

  /** Where they stand. */
  @Param({"HEAP", "NATIVE"})
  public Memory memory = Memory.HEAP;

  /** How many threads take part; 0 for one a processor. */
  @Param("0")
  public int threads;

  private Arena arena;
  private Ceiling ceiling;

  /** Makes the data. */
  @Setup(Level.Trial)
  public void open() {
    Shape size = Shape.parse(shape);
    arena = Arena.ofShared();
    Matrix source = memory.allocate(type, size.rows(), size.classes(), arena);
    Predictions.fill(source);
    Matrix target = memory.allocate(type, size.rows(), size.classes(), arena);
    int workers = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    ceiling = new Ceiling(source, target, workers);
  }

  /** Reads everything once, with the Vector API. */
  @Benchmark
  public double sum() {
    return ceiling.run(Pass.SUM);
  }

  /** Reads everything once, in a plain loop. */
  @Benchmark
  public double plainSum() {
    return ceiling.run(Pass.PLAIN_SUM);
  }

  /** Copies everything, with the Vector API. */
  @Benchmark
  public double copy() {
    return ceiling.run(Pass.COPY);
  }

  /** Multiplies everything by −1 where it stands, with the Vector API. */
  @Benchmark
  public double scale() {
    return ceiling.run(Pass.SCALE);
  }

  /** Frees the data. */
  @TearDown(Level.Trial)
  public void close() {
    ceiling.close();
    arena.close();
  }
}
