package dev.batchloss.bench.peers;

import dev.batchloss.bench.Peer;
import dev.batchloss.data.Matrix;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.TensorFlow;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.nn.SparseSoftmaxCrossEntropyWithLogits;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * TensorFlow Java in a graph: SparseSoftmaxCrossEntropyWithLogits, which always computes a
 * gradient, and the mean. The gradient is divided by the number of rows where it is asked for.
 */
public final class TensorFlowPeer implements Peer {
  private Graph graph;
  private Session session;
  private TFloat32 logits;
  private TInt32 targets;
  private Placeholder<TFloat32> logitsInput;
  private Placeholder<TInt32> targetsInput;
  private Operand<TFloat32> loss;
  private Operand<TFloat32> gradient;
  private Result last;

  /** Prepared before anything is asked. */
  public TensorFlowPeer() {}

  @Override
  public void prepare(Matrix logits, int[] targets, Matrix gradient, int threads) {
    Shape shape = Shape.of(logits.rows(), logits.classes());
    this.logits =
        TFloat32.tensorOf(
            shape,
            DataBuffers.of(
                logits.segment().asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer()));
    this.targets = TInt32.vectorOf(targets);
    graph = new Graph();
    Ops tf = Ops.create(graph);
    logitsInput = tf.placeholder(TFloat32.class, Placeholder.shape(shape));
    targetsInput = tf.placeholder(TInt32.class, Placeholder.shape(Shape.of(logits.rows())));
    SparseSoftmaxCrossEntropyWithLogits<TFloat32> each =
        tf.nn.sparseSoftmaxCrossEntropyWithLogits(logitsInput, targetsInput);
    loss = tf.math.mean(each.loss(), tf.constant(0));
    this.gradient = tf.math.mul(each.backprop(), tf.constant(1f / logits.rows()));
    session =
        new Session(
            graph,
            ConfigProto.newBuilder()
                .setIntraOpParallelismThreads(threads)
                .setInterOpParallelismThreads(1)
                .build());
  }

  @Override
  public String version() {
    return TensorFlow.version();
  }

  @Override
  public double loss() {
    try (Result result = run(List.of(loss))) {
      return scalar(result);
    }
  }

  @Override
  public double lossAndGradient() {
    free();
    last = run(List.of(loss, gradient));
    return scalar(last);
  }

  @Override
  public MemorySegment gradient() {
    TFloat32 found = (TFloat32) last.get(1);
    float[] copy = new float[Math.toIntExact(found.size())];
    found.copyTo(DataBuffers.of(copy, false, false));
    return MemorySegment.ofArray(copy);
  }

  @Override
  public void close() {
    free();
    session.close();
    graph.close();
    logits.close();
    targets.close();
  }

  private Result run(List<Operand<TFloat32>> wanted) {
    Session.Runner runner = session.runner().feed(logitsInput, logits).feed(targetsInput, targets);
    wanted.forEach(runner::fetch);
    return runner.run();
  }

  private static double scalar(Result result) {
    return ((TFloat32) result.get(0)).getFloat();
  }

  private void free() {
    if (last != null) {
      last.close();
      last = null;
    }
  }
}
