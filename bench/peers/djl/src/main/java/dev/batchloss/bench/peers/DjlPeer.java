package dev.batchloss.bench.peers;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.loss.Loss;
import dev.batchloss.bench.Peer;
import dev.batchloss.data.Matrix;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;

/** libtorch through DJL: its SoftmaxCrossEntropyLoss and GradientCollector. */
public final class DjlPeer implements Peer {
  private Engine engine;
  private NDManager manager;
  private NDArray logits;
  private NDArray variable;
  private NDArray targets;
  private final Loss loss = Loss.softmaxCrossEntropyLoss();

  /** Prepared before anything is asked. */
  public DjlPeer() {}

  @Override
  public void prepare(Matrix logits, int[] targets, Matrix gradient, int threads) {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(threads));
    engine = Engine.getEngine("PyTorch");
    manager = NDManager.newBaseManager("PyTorch");
    Shape shape = new Shape(logits.rows(), logits.classes());
    this.logits =
        manager.create(
            logits.segment().asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer(), shape);
    variable = this.logits.duplicate();
    variable.setRequiresGradient(true);
    this.targets = manager.create(targets);
  }

  @Override
  public String version() {
    return engine.getVersion();
  }

  @Override
  public double loss() {
    try (NDManager call = manager.newSubManager()) {
      return evaluate(call, logits).getFloat();
    }
  }

  @Override
  public double lossAndGradient() {
    try (NDManager call = manager.newSubManager();
        GradientCollector collector = engine.newGradientCollector()) {
      collector.zeroGradients();
      NDArray value = evaluate(call, variable);
      collector.backward(value);
      return value.getFloat();
    }
  }

  @Override
  public MemorySegment gradient() {
    try (NDArray gradient = variable.getGradient()) {
      return MemorySegment.ofArray(gradient.toFloatArray());
    }
  }

  @Override
  public void close() {
    manager.close();
  }

  /** What is computed belongs to the manager of what it is computed from: the call's, meanwhile. */
  private NDArray evaluate(NDManager call, NDArray of) {
    call.tempAttachAll(of, targets);
    return loss.evaluate(new NDList(targets), new NDList(of));
  }
}
