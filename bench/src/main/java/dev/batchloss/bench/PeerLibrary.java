package dev.batchloss.bench;

/** What a peer needs fetched: a project in {@code bench/peers}, with jars of its own. */
enum PeerLibrary {
  ONNX_RUNTIME("onnxruntime", 55),
  LIBTORCH("libtorch", 110),
  DJL("djl", 120),
  TENSORFLOW("tensorflow", 172),
  ND4J("nd4j", 210);

  private final String folder;
  private final int megabytes;

  PeerLibrary(String folder, int megabytes) {
    this.folder = folder;
    this.megabytes = megabytes;
  }

  /** Returns its folder in {@code bench/peers}. */
  String folder() {
    return folder;
  }

  /** Returns about how much Maven fetches where it has nothing of it, in 10⁶ bytes. */
  int megabytes() {
    return megabytes;
  }
}
