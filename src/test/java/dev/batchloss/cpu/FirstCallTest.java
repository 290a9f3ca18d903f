package dev.batchloss.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.BatchLoss;
import dev.batchloss.ChildJvm;
import dev.batchloss.Metric;
import dev.batchloss.Outputs;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the first calls of a JVM load: vectors and other backends take longer than a small call. */
class FirstCallTest {
  @Test
  void aSmallFirstCallLoadsNeitherVectorsNorOtherBackends()
      throws IOException, InterruptedException {
    ChildJvm child = ChildJvm.run(EvaluateOnce.class, Map.of(), "-Xlog:class+load");
    assertThat(child.exitCode()).isZero();
    assertThat(child.output())
        .contains("dev.batchloss.cpu.ScalarFloatKernel ")
        .doesNotContain("jdk.incubator.vector.FloatVector ")
        .doesNotContain("jdk.incubator.vector.DoubleVector ")
        .doesNotContain("dev.batchloss.opencl.")
        .doesNotContain("dev.batchloss.cuda.");
  }

  /** Rows that rise, so that the shift has to move. */
  static final class EvaluateOnce {
    private static final int ROWS = 20;
    private static final int CLASSES = 5000;

    private EvaluateOnce() {}

    public static void main(String[] arguments) {
      float[] logits = new float[ROWS * CLASSES];
      for (int i = 0; i < logits.length; i++) {
        logits[i] = i % CLASSES / 100f;
      }
      Matrix input = Matrix.of(logits, ROWS, CLASSES);
      Matrix gradient = Matrix.of(new float[ROWS * CLASSES], ROWS, CLASSES);
      Outputs outputs =
          Outputs.gradientInto(gradient)
              .withMetrics(Metric.ACCURACY, Metric.topK(5), Metric.ENTROPY);
      CrossEntropy plain = CrossEntropy.builder().build();
      CrossEntropy smoothed = CrossEntropy.builder().labelSmoothing(0.1).build();
      Targets targets = Targets.classes(new int[ROWS]);
      try (BatchLoss engine = BatchLoss.open("cpu")) {
        System.out.println(engine.evaluate(plain, input, targets).loss());
        System.out.println(engine.evaluate(smoothed, input, targets, outputs).loss());
      }
    }
  }
}
