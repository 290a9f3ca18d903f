package dev.batchloss.bench;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;

/**
 * One peer at one shape: checks it against its definition, then times it and the memory's ceiling
 * by turns. Runs in a JVM of its own, which {@link PeerProcess} starts, and prints one line of JSON
 * for each pass as soon as it is measured, so that a pass that dies takes no other with it.
 */
final class PeerTimes {
  /** Begins a line that is a {@link Run}; libraries print lines of their own. */
  static final String MARK = "peer-run ";

  /** The exit code of a peer that computes something else. */
  static final int WRONG = 3;

  /** A smaller matrix is gone through several times for one measurement. */
  private static final long BYTES_PER_TURN = 32L << 20;

  private static final int WARMUP_TURNS = 3;

  /** In iterations: what C2 needs to compile the peers that are written in Java. */
  private static final int WARMUP = 4;

  private PeerTimes() {}

  /**
   * What was measured in one pass.
   *
   * @param pass what was computed
   * @param version the library's version
   * @param memory where the logits were
   * @param lossError the loss's relative error
   * @param iterations one or more
   */
  record Run(
      PeerPass pass, String version, Memory memory, double lossError, List<Iteration> iterations) {}

  /**
   * About a second's turns.
   *
   * @param peerNanos the median time of the peer
   * @param ceilingNanos the median time of the ceiling
   * @param share the median, over the turns, of the ceiling's time over the peer's
   * @param others the share of all processors that other processes used
   * @param turns how many turns there were
   */
  record Iteration(
      double peerNanos, double ceilingNanos, double share, double others, long turns) {}

  /**
   * Measures one peer.
   *
   * @param arguments the peer's class, the shape, the number of threads, of iterations, and the
   *     milliseconds of one
   */
  public static void main(String[] arguments) throws Exception {
    Peer peer =
        Class.forName(arguments[0]).asSubclass(Peer.class).getDeclaredConstructor().newInstance();
    try {
      measure(
          peer,
          Shape.parse(arguments[1]),
          Integer.parseInt(arguments[2]),
          Integer.parseInt(arguments[3]),
          Long.parseLong(arguments[4]) * 1_000_000);
    } catch (WrongPeerException e) {
      System.err.println(e.getMessage());
      System.exit(WRONG);
    }
    // Some libraries leave threads behind that would keep the JVM from ending.
    System.exit(0);
  }

  private static void measure(
      Peer peer, Shape shape, int threads, int iterations, long iterationNanos) throws Exception {
    JsonMapper mapper = JsonMapper.shared();
    try (Arena arena = Arena.ofShared();
        peer) {
      Matrix logits = allocate(peer, shape, arena);
      Matrix second = allocate(peer, shape, arena);
      int[] targets = classes(Predictions.fill(logits));
      peer.prepare(logits, targets, second, threads);
      try (Ceiling ceiling = new Ceiling(logits, second, threads)) {
        for (PeerPass pass : PeerPass.values()) {
          if (peer.passes().contains(pass)) {
            Turns turns = new Turns(peer, pass, ceiling, logits, second);
            double lossError = turns.check(targets);
            List<Iteration> measured = turns.measure(iterations, iterationNanos);
            System.out.println(
                MARK
                    + mapper.writeValueAsString(
                        new Run(pass, peer.version(), peer.memory(), lossError, measured)));
          }
        }
      }
    }
  }

  private static Matrix allocate(Peer peer, Shape shape, Arena arena) {
    return peer.memory().allocate(ElementType.FLOAT32, shape.rows(), shape.classes(), arena);
  }

  private static int[] classes(ClassTargets targets) {
    int[] classes = new int[Math.toIntExact(targets.rows())];
    for (int row = 0; row < classes.length; row++) {
      classes[row] = Math.toIntExact(targets.at(row));
    }
    return classes;
  }

  /** One pass of a peer and its ceiling over the same logits. */
  record Turns(Peer peer, PeerPass pass, Ceiling ceiling, Matrix logits, Matrix second) {

    /** Lets the peer compute, and stops if it is not what the pass asks for; returns the error. */
    double check(int[] targets) throws Exception {
      boolean inPlace = pass == PeerPass.GRADIENT_IN_PLACE;
      if (inPlace) {
        second.segment().copyFrom(logits.segment());
      }
      PeerOracle oracle = new PeerOracle(inPlace ? second : logits, targets);
      double error = oracle.requireLoss(compute());
      if (pass == PeerPass.GRADIENT) {
        // A gradient that is added to the last one is right only once.
        oracle.requireLoss(compute());
      }
      if (pass != PeerPass.FORWARD) {
        oracle.requireGradient(inPlace ? logits.segment() : peer.gradient());
      }
      return error;
    }

    /** Returns the times of so many iterations, after some that do not count. */
    List<Iteration> measure(int iterations, long nanos) throws Exception {
      AlternatingTimes times = new AlternatingTimes();
      iterate(times, WARMUP_TURNS, WARMUP * nanos);
      List<Iteration> measured = new ArrayList<>();
      for (int i = 0; i < iterations; i++) {
        times.clear();
        iterate(times, 1, nanos);
        measured.add(
            new Iteration(
                times.lossNanos(),
                times.ceilingNanos(),
                times.ratio(),
                times.others(),
                times.turns()));
      }
      return measured;
    }

    private void iterate(AlternatingTimes times, int least, long nanos) throws Exception {
      int repeats =
          pass == PeerPass.GRADIENT_IN_PLACE
              ? 1
              : (int) Math.max(1, BYTES_PER_TURN / logits.segment().byteSize());
      long begin = System.nanoTime();
      for (int turn = 0; turn < least || System.nanoTime() - begin < nanos; turn++) {
        if (pass == PeerPass.GRADIENT_IN_PLACE) {
          logits.segment().copyFrom(second.segment());
        }
        long start = System.nanoTime();
        for (int i = 0; i < repeats; i++) {
          compute();
        }
        long between = System.nanoTime();
        for (int i = 0; i < repeats; i++) {
          ceiling.run(pass.ceiling());
        }
        long end = System.nanoTime();
        times.add((between - start) / (double) repeats, (end - between) / (double) repeats);
      }
    }

    private double compute() throws Exception {
      return switch (pass) {
        case FORWARD -> peer.loss();
        case GRADIENT -> peer.lossAndGradient();
        case GRADIENT_IN_PLACE -> peer.lossAndGradientInPlace();
      };
    }
  }
}
