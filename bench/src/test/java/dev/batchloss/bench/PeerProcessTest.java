package dev.batchloss.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.data.Matrix;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeerProcessTest {
  @Test
  void whatIsMeasuredComesBack() throws IOException {
    PeerProcess.Outcome outcome = process(StreamsPeer.class, 60);
    assertThat(outcome.failure()).isEmpty();
    assertThat(outcome.runs())
        .extracting(PeerTimes.Run::pass)
        .containsExactly(PeerPass.FORWARD, PeerPass.GRADIENT);
    assertThat(outcome.runs().getFirst().iterations()).hasSize(2);
  }

  @Test
  void aWrongLossIsTheReason() throws IOException {
    PeerProcess.Outcome outcome = process(WrongPeer.class, 60);
    assertThat(outcome.runs()).isEmpty();
    assertThat(outcome.failure()).startsWith("wrong: its loss is 0.0, by the definition it is ");
  }

  @Test
  void whatThrowsIsTheReason() throws IOException {
    assertThat(process(ThrowingPeer.class, 60).failure())
        .isEqualTo("failed: java.lang.UnsatisfiedLinkError: no example in java.library.path");
  }

  @Test
  void whatDoesNotEndIsEnded() throws IOException {
    assertThat(process(HangingPeer.class, 2).failure())
        .isEqualTo("ended after its time limit of 2 s");
  }

  @Test
  void aProjectThatMavenCannotBuildIsAReasonAndNoFailure(@TempDir Path folder) throws IOException {
    Files.createDirectories(folder.resolve(PeerLibrary.ND4J.folder()));
    Optional<String> reason = new PeerBuild(folder).build(PeerLibrary.ND4J);
    assertThat(reason).get().asString().startsWith("could not be ");
  }

  private static PeerProcess.Outcome process(Class<? extends Peer> peer, int seconds)
      throws IOException {
    return new PeerProcess(
            peer.getName(),
            List.of(),
            "20x5",
            1,
            2,
            Duration.ofMillis(1),
            Duration.ofSeconds(seconds))
        .run();
  }

  /** Says that nothing is lost. */
  public static class WrongPeer implements Peer {
    @Override
    public void prepare(Matrix logits, int[] targets, Matrix gradient, int threads) {}

    @Override
    public String version() {
      return "1";
    }

    @Override
    public double loss() {
      return 0;
    }

    @Override
    public double lossAndGradient() {
      return 0;
    }

    @Override
    public MemorySegment gradient() {
      return MemorySegment.NULL;
    }

    @Override
    public void close() {}
  }

  /** Lacks its native library. */
  public static final class ThrowingPeer extends WrongPeer {
    @Override
    public double loss() {
      throw new UnsatisfiedLinkError("no example in java.library.path");
    }
  }

  /** Never has a result. */
  public static final class HangingPeer extends WrongPeer {
    @Override
    public double loss() {
      try {
        new CountDownLatch(1).await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return 0;
    }
  }
}
