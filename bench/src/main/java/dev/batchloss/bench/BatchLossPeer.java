package dev.batchloss.bench;

import dev.batchloss.BatchLoss;
import dev.batchloss.Outputs;
import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** batchloss itself on its {@code cpu} backend, called as its users call it. */
public abstract class BatchLossPeer implements Peer {
  private final Memory memory;
  private @Nullable Run run;

  private record Run(
      BatchLoss engine, CrossEntropy loss, Matrix logits, ClassTargets targets, Matrix gradient) {}

  private BatchLossPeer(Memory memory) {
    this.memory = memory;
  }

  /** The logits in an array. */
  public static final class Heap extends BatchLossPeer {
    /** Prepared before anything is asked. */
    public Heap() {
      super(Memory.HEAP);
    }
  }

  /** The logits outside the Java heap, where the native libraries have them. */
  public static final class Native extends BatchLossPeer {
    /** Prepared before anything is asked. */
    public Native() {
      super(Memory.NATIVE);
    }
  }

  @Override
  public Memory memory() {
    return memory;
  }

  @Override
  public Set<PeerPass> passes() {
    return Set.of(PeerPass.values());
  }

  @Override
  public void prepare(Matrix logits, int[] targets, Matrix gradient, int threads) {
    run =
        new Run(
            BatchLoss.builder().backend("cpu").threads(threads).open(),
            CrossEntropy.builder().build(),
            logits,
            Targets.classes(targets),
            gradient);
  }

  @Override
  public String version() {
    return "%s (%s)".formatted(run().engine.backend().name(), run().engine.backend().detail());
  }

  @Override
  public double loss() {
    return evaluate(Outputs.lossOnly());
  }

  @Override
  public double lossAndGradient() {
    return evaluate(Outputs.gradientInto(run().gradient));
  }

  @Override
  public double lossAndGradientInPlace() {
    return evaluate(Outputs.gradientInPlace());
  }

  @Override
  public MemorySegment gradient() {
    return run().gradient.segment();
  }

  @Override
  public void close() {
    run().engine.close();
  }

  private double evaluate(Outputs outputs) {
    Run now = run();
    return now.engine.evaluate(now.loss, now.logits, now.targets, outputs).loss();
  }

  private Run run() {
    if (run == null) {
      throw new IllegalStateException("it was not prepared");
    }
    return run;
  }
}
