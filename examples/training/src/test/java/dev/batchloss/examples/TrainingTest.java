package dev.batchloss.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.BatchLoss;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both networks learn, and every loss on the way is what a computation in double gives. */
class TrainingTest {
  @Test
  void twoClassesAreLearned(@TempDir Path folder) throws IOException {
    Training run = Training.ofTwoClasses(Path.of("data"));
    List<Training.Epoch> epochs = learned(run);
    for (Training.Epoch epoch : epochs) {
      assertThat(epoch.training())
          .isCloseTo(binary(epoch.trainingLogits(), run.training().labels()), within(1e-5));
      assertThat(epoch.validation())
          .isCloseTo(binary(epoch.validationLogits(), run.validation().labels()), within(1e-5));
    }
    Path chart = folder.resolve("chart.png");
    Training.draw(epochs, chart);
    assertThat(ImageIO.read(chart.toFile()).getWidth()).isEqualTo(800);
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(chart);
    }
  }

  @Test
  void threeClassesAreLearned() throws IOException {
    Training run = Training.ofThreeClasses(Path.of("../digits"));
    List<Training.Epoch> epochs = learned(run);
    for (Training.Epoch epoch : epochs) {
      assertThat(epoch.training())
          .isCloseTo(softmax(epoch.trainingLogits(), run.training().labels()), within(1e-5));
      assertThat(epoch.validation())
          .isCloseTo(softmax(epoch.validationLogits(), run.validation().labels()), within(1e-5));
    }
  }

  private static double binary(float[] logits, int[] labels) {
    double sum = 0;
    for (int r = 0; r < labels.length; r++) {
      double p = 1 / (1 + Math.exp(-(double) logits[r]));
      sum -= labels[r] == 1 ? Math.log(p) : Math.log1p(-p);
    }
    return sum / labels.length;
  }

  private static double softmax(float[] logits, int[] labels) {
    double sum = 0;
    for (int r = 0; r < labels.length; r++) {
      double normalizer = 0;
      for (int c = 0; c < 3; c++) {
        normalizer += Math.exp(logits[3 * r + c]);
      }
      sum += Math.log(normalizer) - logits[3 * r + labels[r]];
    }
    return sum / labels.length;
  }

  private static List<Training.Epoch> learned(Training run) {
    try (BatchLoss engine = BatchLoss.open("cpu")) {
      List<Training.Epoch> epochs = run.train(engine);
      assertThat(epochs).hasSize(20);
      assertThat(epochs.getLast().validation()).isLessThan(0.6 * epochs.getFirst().validation());
      assertThat(epochs.getLast().training()).isLessThan(epochs.getFirst().training());
      return epochs;
    }
  }
}
