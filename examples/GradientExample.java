import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.Metric;
import dev.batchloss.Outputs;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import java.util.Random;

/**
 * Softmax regression in a hand-written loop: batchloss gives the loss and its gradient with respect
 * to the logits in one call, the loop carries the gradient on to the weights.
 *
 * <p>Run it from the root of the checkout, after {@code mvn package -Dquick}:
 *
 * <pre>
 *   java @bin/batchloss.args -cp "target/batchloss-0.1.0-SNAPSHOT.jar:target/lib/*" \
 *       examples/GradientExample.java
 * </pre>
 */
public final class GradientExample {
  private static final int ROWS = 600;
  private static final int CLASSES = 3;
  private static final int FEATURES = 3;
  private static final double LEARNING_RATE = 0.5;
  private static final int STEPS = 101;
  private static final int REPORT_EVERY = 25;

  private GradientExample() {}

  /** Trains for a hundred steps and prints how the loss falls. */
  public static void main(String[] arguments) {
    int[] labels = new int[ROWS];
    double[] points = points(labels);
    double[] weights = new double[FEATURES * CLASSES];
    double[] logits = new double[ROWS * CLASSES];
    double[] gradient = new double[ROWS * CLASSES];

    CrossEntropy loss = CrossEntropy.builder().labelSmoothing(0.05).build();
    Matrix input = Matrix.of(logits, ROWS, CLASSES);
    Targets targets = Targets.classes(labels);
    Outputs outputs =
        Outputs.gradientInto(Matrix.of(gradient, ROWS, CLASSES)).withMetrics(Metric.ACCURACY);

    try (BatchLoss engine = BatchLoss.open()) {
      System.out.println("backend " + engine.backend().name());
      for (int step = 0; step < STEPS; step++) {
        multiply(points, weights, logits);
        LossResult result = engine.evaluate(loss, input, targets, outputs);
        if (step % REPORT_EVERY == 0) {
          System.out.printf(
              "step %3d  loss %.4f  accuracy %.3f%n",
              step, result.loss(), result.metrics().accuracy());
        }
        descend(points, gradient, weights);
      }
    }
  }

  /** Three clouds in the plane, and a constant feature for the bias. */
  private static double[] points(int[] labels) {
    Random random = new Random(1);
    double[] points = new double[ROWS * FEATURES];
    for (int row = 0; row < ROWS; row++) {
      labels[row] = row % CLASSES;
      double angle = 2 * Math.PI * labels[row] / CLASSES;
      points[row * FEATURES] = 2 * Math.cos(angle) + random.nextGaussian();
      points[row * FEATURES + 1] = 2 * Math.sin(angle) + random.nextGaussian();
      points[row * FEATURES + 2] = 1;
    }
    return points;
  }

  private static void multiply(double[] points, double[] weights, double[] logits) {
    for (int row = 0; row < ROWS; row++) {
      for (int c = 0; c < CLASSES; c++) {
        double sum = 0;
        for (int f = 0; f < FEATURES; f++) {
          sum += points[row * FEATURES + f] * weights[f * CLASSES + c];
        }
        logits[row * CLASSES + c] = sum;
      }
    }
  }

  private static void descend(double[] points, double[] gradient, double[] weights) {
    for (int row = 0; row < ROWS; row++) {
      for (int f = 0; f < FEATURES; f++) {
        for (int c = 0; c < CLASSES; c++) {
          weights[f * CLASSES + c] -=
              LEARNING_RATE * points[row * FEATURES + f] * gradient[row * CLASSES + c];
        }
      }
    }
  }
}
