package dev.batchloss.bench;

import dev.batchloss.BatchLoss;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;

/** A whole process that makes logits, then sums them or takes their loss, and ends. */
final class FirstCallProcess {
  static final String SUM = "sum";
  static final String LOSS = "loss";

  private FirstCallProcess() {}

  /** Takes {@link #SUM} or {@link #LOSS}, rows and classes. */
  public static void main(String[] arguments) {
    int rows = Integer.parseInt(arguments[1]);
    int classes = Integer.parseInt(arguments[2]);
    float[] logits = new float[Math.multiplyExact(rows, classes)];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = i * 7919L % 1000 * 0.01f;
    }
    System.out.println(arguments[0].equals(SUM) ? sum(logits) : loss(logits, rows, classes));
  }

  private static double sum(float[] logits) {
    float sum = 0;
    for (float logit : logits) {
      sum += logit;
    }
    return sum;
  }

  private static double loss(float[] logits, int rows, int classes) {
    try (BatchLoss engine = BatchLoss.open("cpu")) {
      return engine
          .evaluate(
              CrossEntropy.builder().build(),
              Matrix.of(logits, rows, classes),
              Targets.classes(new int[rows]))
          .loss();
    }
  }
}
