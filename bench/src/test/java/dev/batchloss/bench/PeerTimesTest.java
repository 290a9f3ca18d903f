package dev.batchloss.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Plants peers that compute something else: none of them is timed. */
class PeerTimesTest {
  private static final int ROWS = 50;
  private static final int CLASSES = 37;

  private final int[] targets = new int[ROWS];
  private final Matrix logits = matrix();
  private final Matrix second = matrix();

  PeerTimesTest() {
    var classes = Predictions.fill(logits);
    for (int row = 0; row < ROWS; row++) {
      targets[row] = (int) classes.at(row);
    }
  }

  /** What a wrong peer makes of the right result. */
  enum Fault {
    NONE,
    SUM_INSTEAD_OF_MEAN,
    NOT_A_NUMBER,
    GRADIENT_OF_THE_SUM,
    GRADIENT_WITHOUT_THE_TARGET,
    GRADIENT_ADDED_TO_THE_LAST,
    ONE_ELEMENT_OFF,
    GRADIENT_TOO_SHORT
  }

  @ParameterizedTest
  @EnumSource
  void whatComputesSomethingElseIsStopped(Fault fault) throws Exception {
    FaultyPeer peer = new FaultyPeer(fault);
    peer.prepare(logits, targets, second, 1);
    try (Ceiling ceiling = new Ceiling(logits, second, 1)) {
      var turns = new PeerTimes.Turns(peer, PeerPass.GRADIENT, ceiling, logits, second);
      if (fault == Fault.NONE) {
        assertThatCode(() -> turns.check(targets)).doesNotThrowAnyException();
      } else {
        assertThatThrownBy(() -> turns.check(targets))
            .isInstanceOf(WrongPeerException.class)
            .hasMessageContaining(fault == Fault.SUM_INSTEAD_OF_MEAN ? "its loss is" : "its ");
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void batchLossItselfPassesAndLeavesTheLogitsAsTheyWere(PeerPass pass) throws Exception {
    float[] before = ((float[]) logits.array()).clone();
    try (BatchLossPeer peer = new BatchLossPeer.Heap();
        Ceiling ceiling = new Ceiling(logits, second, 1)) {
      peer.prepare(logits, targets, second, 1);
      var turns = new PeerTimes.Turns(peer, pass, ceiling, logits, second);
      turns.check(targets);
      List<PeerTimes.Iteration> measured = turns.measure(2, 1);
      assertThat(measured).hasSize(2).allMatch(one -> one.peerNanos() > 0 && one.turns() >= 1);
    }
    float[] kept = (float[]) (pass == PeerPass.GRADIENT_IN_PLACE ? second : logits).array();
    assertThat(kept).isEqualTo(before);
  }

  @Test
  void anOracleOfTwoClassesIsTheLogisticFunction() {
    Matrix two = Matrix.of(new float[] {1, 3}, 1, 2);
    PeerOracle oracle = new PeerOracle(two, new int[] {0});
    assertThat(oracle.loss()).isEqualTo(Math.log1p(Math.exp(2)));
    float p = (float) (1 / (1 + Math.exp(2)));
    assertThatCode(() -> oracle.requireGradient(MemorySegment.ofArray(new float[] {p - 1, 1 - p})))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> oracle.requireGradient(MemorySegment.ofArray(new float[] {p, 1 - p})))
        .isInstanceOf(WrongPeerException.class)
        .hasMessageContaining("row 0, class 0");
  }

  private static Matrix matrix() {
    return Memory.HEAP.allocate(ElementType.FLOAT32, ROWS, CLASSES, Arena.ofAuto());
  }

  /** The streams' result with a fault. */
  private static final class FaultyPeer implements Peer {
    private final StreamsPeer right = new StreamsPeer();
    private final Fault fault;
    private int[] targets = {};
    private float[] gradient = {};

    FaultyPeer(Fault fault) {
      this.fault = fault;
    }

    @Override
    public void prepare(Matrix logits, int[] targets, Matrix gradient, int threads) {
      this.targets = targets;
      this.gradient = new float[ROWS * CLASSES];
      right.prepare(logits, targets, gradient, threads);
    }

    @Override
    public String version() {
      return "1";
    }

    @Override
    public double loss() {
      return faulty(right.loss());
    }

    @Override
    public double lossAndGradient() {
      double loss = right.lossAndGradient();
      float[] found = right.gradient().toArray(ValueLayout.JAVA_FLOAT);
      for (int i = 0; i < found.length; i++) {
        int row = i / CLASSES;
        boolean own = i % CLASSES == targets[row];
        float last = fault == Fault.GRADIENT_ADDED_TO_THE_LAST ? gradient[i] : 0;
        gradient[i] = last + found[i];
        if (fault == Fault.GRADIENT_OF_THE_SUM) {
          gradient[i] *= ROWS;
        } else if (fault == Fault.GRADIENT_WITHOUT_THE_TARGET && own) {
          gradient[i] += 1f / ROWS;
        } else if (fault == Fault.ONE_ELEMENT_OFF && i == found.length - 1) {
          gradient[i] *= 1.001f;
        }
      }
      return faulty(loss);
    }

    @Override
    public MemorySegment gradient() {
      MemorySegment all = MemorySegment.ofArray(gradient);
      return fault == Fault.GRADIENT_TOO_SHORT ? all.asSlice(Float.BYTES) : all;
    }

    @Override
    public void close() {}

    private double faulty(double loss) {
      return switch (fault) {
        case SUM_INSTEAD_OF_MEAN -> ROWS * loss;
        case NOT_A_NUMBER -> Double.NaN;
        default -> loss;
      };
    }
  }
}
