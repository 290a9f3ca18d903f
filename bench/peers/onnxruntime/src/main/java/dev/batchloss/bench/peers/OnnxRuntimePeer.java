package dev.batchloss.bench.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.batchloss.bench.Peer;
import dev.batchloss.bench.peers.OnnxGraph.Node;
import dev.batchloss.data.Matrix;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.Map;

/**
 * ONNX Runtime, which has operators and no derivatives: one graph for the loss, and one that also
 * forms (softmax − one-hot) / rows from the logarithms of the softmax. The logits are used where
 * they are, and loss and gradient written to tensors made before.
 */
public abstract class OnnxRuntimePeer implements Peer {
  private OrtEnvironment environment;
  private OrtSession forward;
  private OrtSession backward;
  private Map<String, OnnxTensor> inputs;
  private Map<String, OnnxTensor> inputsOfGradient;
  private Map<String, OnnxTensor> outputs;
  private Map<String, OnnxTensor> outputsOfGradient;
  private FloatBuffer loss;
  private Matrix gradient;

  OnnxRuntimePeer() {}

  /** LogSoftmax, then GatherElements at the targets, negated and averaged. */
  public static final class Gathered extends OnnxRuntimePeer {
    /** Prepared before anything is asked. */
    public Gathered() {}

    @Override
    void addLoss(OnnxGraph graph) {
      graph
          .add(new Node("LogSoftmax").reads("logits").writes("logs").with("axis", 1))
          .add(new Node("GatherElements").reads("logs", "columns").writes("own").with("axis", 1))
          .add(new Node("ReduceMean").reads("own").writes("mean").with("keepdims", 0))
          .add(new Node("Neg").reads("mean").writes("loss"));
    }
  }

  /** The operator SoftmaxCrossEntropyLoss, whose second output are the logarithms. */
  public static final class Operator extends OnnxRuntimePeer {
    /** Prepared before anything is asked. */
    public Operator() {}

    @Override
    void addLoss(OnnxGraph graph) {
      graph.add(
          new Node("SoftmaxCrossEntropyLoss")
              .reads("logits", "targets")
              .writes("loss", "logs")
              .with("reduction", "mean"));
    }
  }

  /** Adds what computes {@code loss} and {@code logs}, the logarithms of the softmax. */
  abstract void addLoss(OnnxGraph graph);

  @Override
  public void prepare(Matrix logits, int[] targets, Matrix gradient, int threads)
      throws OrtException {
    long rows = logits.rows();
    long[] shape = {rows, logits.classes()};
    this.gradient = gradient;
    environment = OrtEnvironment.getEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      forward = environment.createSession(graph(shape).model(), options);
      backward = environment.createSession(withGradient(graph(shape), shape).model(), options);
    }
    long[] classes = Arrays.stream(targets).asLongStream().toArray();
    FloatBuffer minusOnes = floats(targets.length);
    for (int row = 0; row < targets.length; row++) {
      minusOnes.put(row, -1);
    }
    loss = floats(1);
    inputs =
        Map.of(
            "logits", tensor(logits, shape),
            "targets", tensor(classes, rows),
            "columns", tensor(classes, rows, 1));
    inputsOfGradient =
        Map.of(
            "logits", inputs.get("logits"),
            "targets", inputs.get("targets"),
            "columns", inputs.get("columns"),
            "minus_ones", OnnxTensor.createTensor(environment, minusOnes, new long[] {rows, 1}),
            "share", scalar(1f / rows));
    outputs = Map.of("loss", OnnxTensor.createTensor(environment, loss, new long[0]));
    outputsOfGradient = Map.of("loss", outputs.get("loss"), "gradient", tensor(gradient, shape));
  }

  @Override
  public String version() {
    return environment.getVersion();
  }

  @Override
  public double loss() throws OrtException {
    forward.run(inputs, outputs).close();
    return loss.get(0);
  }

  @Override
  public double lossAndGradient() throws OrtException {
    backward.run(inputsOfGradient, outputsOfGradient).close();
    return loss.get(0);
  }

  @Override
  public MemorySegment gradient() {
    return gradient.segment();
  }

  @Override
  public void close() {
    try {
      forward.close();
      backward.close();
    } catch (OrtException e) {
      throw new IllegalStateException("a session of ONNX Runtime could not be closed", e);
    }
    inputsOfGradient.values().forEach(OnnxTensor::close);
    outputsOfGradient.values().forEach(OnnxTensor::close);
  }

  private OnnxGraph graph(long[] shape) {
    OnnxGraph graph =
        new OnnxGraph()
            .input("logits", OnnxGraph.FLOAT, shape)
            .input("targets", OnnxGraph.INT64, shape[0])
            .input("columns", OnnxGraph.INT64, shape[0], 1)
            .output("loss", OnnxGraph.FLOAT);
    addLoss(graph);
    return graph;
  }

  private static OnnxGraph withGradient(OnnxGraph graph, long[] shape) {
    return graph
        .input("minus_ones", OnnxGraph.FLOAT, shape[0], 1)
        .input("share", OnnxGraph.FLOAT)
        .add(new Node("Exp").reads("logs").writes("softmax"))
        .add(
            new Node("ScatterElements")
                .reads("softmax", "columns", "minus_ones")
                .writes("differences")
                .with("axis", 1)
                .with("reduction", "add"))
        .add(new Node("Mul").reads("differences", "share").writes("gradient"))
        .output("gradient", OnnxGraph.FLOAT, shape);
  }

  private OnnxTensor tensor(Matrix matrix, long... shape) throws OrtException {
    FloatBuffer values =
        matrix.segment().asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer();
    return OnnxTensor.createTensor(environment, values, shape);
  }

  private OnnxTensor tensor(long[] classes, long... shape) throws OrtException {
    LongBuffer values =
        ByteBuffer.allocateDirect(classes.length * Long.BYTES)
            .order(ByteOrder.nativeOrder())
            .asLongBuffer()
            .put(classes)
            .flip();
    return OnnxTensor.createTensor(environment, values, shape);
  }

  private OnnxTensor scalar(float value) throws OrtException {
    return OnnxTensor.createTensor(environment, floats(1).put(0, value), new long[0]);
  }

  private static FloatBuffer floats(int length) {
    return ByteBuffer.allocateDirect(length * Float.BYTES)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }
}
