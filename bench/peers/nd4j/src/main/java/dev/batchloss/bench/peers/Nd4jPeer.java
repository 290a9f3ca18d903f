package dev.batchloss.bench.peers;

import dev.batchloss.bench.Peer;
import dev.batchloss.data.Matrix;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.bytedeco.javacpp.Loader;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossSparseMCXENT;

/**
 * ND4J: Deeplearning4j's loss for class indices. Its gradient is that of the sum, which a user
 * divides by the number of rows.
 */
public final class Nd4jPeer implements Peer {
  private final ILossFunction loss = new LossSparseMCXENT();
  private final IActivation softmax = new ActivationSoftmax();
  private INDArray logits;
  private INDArray labels;
  private INDArray gradient;
  private int rows;

  /** Prepared before anything is asked. */
  public Nd4jPeer() {}

  @Override
  public void prepare(Matrix logits, int[] targets, Matrix gradient, int threads) {
    rows = targets.length;
    this.logits = Nd4j.createUninitialized(DataType.FLOAT, rows, logits.classes());
    segment(this.logits).copyFrom(logits.segment());
    float[] classes = new float[rows];
    for (int i = 0; i < rows; i++) {
      classes[i] = targets[i];
    }
    labels = Nd4j.create(classes, new long[] {rows, 1}, 'c');
  }

  @Override
  public String version() throws IOException {
    return Loader.getVersion("org.nd4j", "nd4j-native");
  }

  @Override
  public double loss() {
    return loss.computeScore(labels, logits, softmax, null, true);
  }

  @Override
  public double lossAndGradient() {
    Pair<Double, INDArray> both = loss.computeGradientAndScore(labels, logits, softmax, null, true);
    gradient = both.getSecond().divi(rows);
    return both.getFirst();
  }

  @Override
  public MemorySegment gradient() {
    return segment(gradient.ordering() == 'c' ? gradient : gradient.dup('c'));
  }

  @Override
  public void close() {
    logits.close();
    labels.close();
  }

  private static MemorySegment segment(INDArray array) {
    return MemorySegment.ofAddress(array.data().pointer().address())
        .reinterpret(array.length() * Float.BYTES);
  }
}
