package dev.batchloss.bench.peers;

import dev.batchloss.bench.Peer;
import dev.batchloss.data.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/** libtorch through JavaCPP's binding. The logits are used where they are. */
public abstract class LibtorchPeer implements Peer {
  /** Rows whose target is this do not count: PyTorch's default, which no target is. */
  private static final long IGNORED = -100;

  private static final long MEAN = 1;

  private Arena arena;
  Tensor logits;
  Tensor targets;

  LibtorchPeer() {}

  /** {@code cross_entropy} and {@code backward}, as PyTorch's users call them. */
  public static final class Plain extends LibtorchPeer {
    private Tensor variable;

    /** Prepared before anything is asked. */
    public Plain() {}

    @Override
    void prepareOutputs(int[] classes, Matrix gradient) {
      variable = logits.detach().set_requires_grad(true);
    }

    @Override
    public double loss() {
      try (Tensor loss = torch.cross_entropy(logits, targets)) {
        return loss.item_double();
      }
    }

    @Override
    public double lossAndGradient() {
      // Otherwise the new gradient is added to the last one.
      variable.mutable_grad().reset();
      try (Tensor loss = torch.cross_entropy(variable, targets)) {
        loss.backward();
        return loss.item_double();
      }
    }

    @Override
    public MemorySegment gradient() {
      try (Tensor gradient = variable.grad()) {
        return MemorySegment.ofAddress(gradient.data_ptr().address())
            .reinterpret(gradient.numel() * Float.BYTES);
      }
    }
  }

  /** The operators that {@code cross_entropy} consists of, with outputs made before. */
  public static final class Preallocated extends LibtorchPeer {
    private final TensorOptional noWeights = new TensorOptional();
    private Matrix gradient;
    private Tensor logs;
    private Tensor loss;
    private Tensor totalWeight;
    private Tensor output;
    private Tensor flat;
    private Tensor places;
    private Tensor minusShares;
    private Scalar share;

    /** Prepared before anything is asked. */
    public Preallocated() {}

    @Override
    void prepareOutputs(int[] classes, Matrix gradient) {
      this.gradient = gradient;
      logs = torch.empty_like(logits);
      loss = torch.empty(new long[0]);
      totalWeight = torch.empty(new long[0]);
      output = floats(gradient);
      flat = output.view(-1);
      places =
          longs(
              IntStream.range(0, classes.length)
                  .mapToLong(row -> row * (long) gradient.classes() + classes[row]));
      share = new Scalar(1f / classes.length);
      minusShares = torch.full(new long[] {classes.length}, new Scalar(-1f / classes.length));
    }

    @Override
    public double loss() {
      torch.log_softmax_out(logs, logits, 1);
      torch.nll_loss_forward_out(loss, totalWeight, logs, targets, noWeights, MEAN, IGNORED);
      return loss.item_double();
    }

    @Override
    public double lossAndGradient() {
      double value = loss();
      torch.exp_out(output, logs);
      output.mul_(share);
      flat.index_add_(0, places, minusShares);
      return value;
    }

    @Override
    public MemorySegment gradient() {
      return gradient.segment();
    }
  }

  /** Makes what does not change from call to call. */
  abstract void prepareOutputs(int[] classes, Matrix gradient);

  @Override
  public void prepare(Matrix logits, int[] targets, Matrix gradient, int threads) {
    torch.set_num_threads(threads);
    arena = Arena.ofShared();
    this.logits = floats(logits);
    this.targets = longs(Arrays.stream(targets).asLongStream());
    prepareOutputs(targets, gradient);
  }

  @Override
  public String version() throws IOException {
    return Loader.getVersion("org.bytedeco", "pytorch");
  }

  @Override
  public void close() {
    arena.close();
  }

  Tensor longs(LongStream values) {
    long[] all = values.toArray();
    MemorySegment segment = arena.allocateFrom(ValueLayout.JAVA_LONG, all);
    return torch.from_blob(
        pointer(segment), new long[] {all.length}, new TensorOptions(torch.ScalarType.Long));
  }

  static Tensor floats(Matrix matrix) {
    return torch.from_blob(pointer(matrix.segment()), new long[] {matrix.rows(), matrix.classes()});
  }

  private static Pointer pointer(MemorySegment segment) {
    return new Pointer(segment.asByteBuffer().order(ByteOrder.nativeOrder()));
  }
}
