package dev.batchloss.bench;

import java.util.List;
import java.util.Optional;

/**
 * One way of computing the loss that is timed.
 *
 * @param name what the report calls it
 * @param library what has to be fetched for it, if anything
 * @param className the {@link Peer}
 */
record PeerCase(String name, Optional<PeerLibrary> library, String className) {
  private static final String PEERS = "dev.batchloss.bench.peers.";

  /** All of them, batchloss first. */
  static List<PeerCase> all() {
    return List.of(
        new PeerCase("batchloss, array", Optional.empty(), BatchLossPeer.Heap.class.getName()),
        new PeerCase(
            "batchloss, native memory", Optional.empty(), BatchLossPeer.Native.class.getName()),
        new PeerCase("Java streams", Optional.empty(), StreamsPeer.class.getName()),
        of(
            "ONNX Runtime, LogSoftmax + GatherElements",
            PeerLibrary.ONNX_RUNTIME,
            "OnnxRuntimePeer$Gathered"),
        of(
            "ONNX Runtime, SoftmaxCrossEntropyLoss",
            PeerLibrary.ONNX_RUNTIME,
            "OnnxRuntimePeer$Operator"),
        of("libtorch, cross_entropy", PeerLibrary.LIBTORCH, "LibtorchPeer$Plain"),
        of("libtorch, preallocated outputs", PeerLibrary.LIBTORCH, "LibtorchPeer$Preallocated"),
        of("libtorch through DJL", PeerLibrary.DJL, "DjlPeer"),
        of("TensorFlow Java", PeerLibrary.TENSORFLOW, "TensorFlowPeer"),
        of("ND4J", PeerLibrary.ND4J, "Nd4jPeer"));
  }

  /** Returns whether this is batchloss, and not one of those it is held against. */
  boolean isBatchLoss() {
    return className.startsWith(BatchLossPeer.class.getName());
  }

  private static PeerCase of(String name, PeerLibrary library, String simpleName) {
    return new PeerCase(name, Optional.of(library), PEERS + simpleName);
  }
}
