package dev.batchloss.cpu;

import static dev.batchloss.cpu.ElementVectors.BALANCE;
import static dev.batchloss.cpu.ElementVectors.CLIP;
import static dev.batchloss.cpu.ElementVectors.ENTROPY;
import static dev.batchloss.cpu.ElementVectors.ENTROPY_SLOPE;
import static dev.batchloss.cpu.ElementVectors.LOGIT_ENTROPY;
import static dev.batchloss.cpu.ElementVectors.MISS;
import static dev.batchloss.cpu.ElementVectors.SIGMOID;

import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementFunction.Kind;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.ZeroTimesInfinity;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The binary cross-entropies and the focal losses made of them, of a block, stage by stage over
 * arrays; not for two threads. The slopes go on from what the values of the same block left.
 */
final class BinaryElements {
  private final ElementFunction f;
  private final boolean zero;

  /** e^−|x| of logits. */
  private final double[] exponentials;

  /** ln p, or the part that ln σ(x) and ln(1 − σ(x)) have in common. */
  private final double[] logs;

  /** ln(1 − p). */
  private final double[] logsOfRests;

  /** p of a focal loss of logits, and dp/dx of either focal loss. */
  private final double[] probabilities;

  private final double[] probabilitySlopes;

  /** The binary cross-entropy in a focal loss. */
  private final double[] entropies;

  /** 1 − π of a focal loss, and that to the power of gamma and of gamma − 1. */
  private final double[] misses;

  private final double[] powers;
  private final double[] lowerPowers;

  /** Makes room for what the plan's function needs of a block; for another function, none. */
  BinaryElements(ElementPlan plan) {
    this.f = plan.function();
    this.zero = plan.zeroTimesInfinity() == ZeroTimesInfinity.ZERO;
    boolean isFocal = f.kind() == Kind.BINARY_FOCAL || f.kind() == Kind.BINARY_FOCAL_LOGITS;
    int block = f.kind().isBinary() ? ElementPass.BLOCK : 0;
    int focalBlock = isFocal ? ElementPass.BLOCK : 0;
    this.exponentials = new double[block];
    this.logs = new double[block];
    this.logsOfRests = new double[block];
    this.probabilities = new double[focalBlock];
    this.probabilitySlopes = new double[focalBlock];
    this.entropies = new double[focalBlock];
    this.misses = new double[focalBlock];
    this.powers = new double[focalBlock];
    this.lowerPowers = new double[focalBlock];
  }

  /**
   * f(x, y).
   *
   * @param w the positive weight of each element, ones for a focal loss
   */
  void values(double[] x, double[] y, double[] w, double[] to, int n) throws Throwable {
    switch (f.kind()) {
      case BINARY_CROSS_ENTROPY_LOGITS -> {
        ArrayMath.expOfMinusMagnitude(x, exponentials, n);
        logitEntropies(x, y, w, to, n);
      }
      case BINARY_FOCAL_LOGITS -> {
        ArrayMath.expOfMinusMagnitude(x, exponentials, n);
        readLogits(x, y, n);
        if (f.hasClip()) {
          entropies(probabilities, y, w, entropies, n);
        } else {
          logitEntropies(x, y, w, entropies, n);
        }
        focus(y, to, n);
      }
      case BINARY_FOCAL -> {
        readProbabilities(x, y, n);
        entropies(x, y, w, entropies, n);
        focus(y, to, n);
      }
      default -> entropies(x, y, w, to, n);
    }
  }

  /** df/dx, after {@link #values} of the same elements. */
  void slopes(double[] x, double[] y, double[] w, double[] to, int n) throws Throwable {
    switch (f.kind()) {
      case BINARY_CROSS_ENTROPY_LOGITS -> logitEntropySlopes(x, y, w, to, n);
      case BINARY_FOCAL_LOGITS -> {
        if (f.hasClip()) {
          entropySlopes(probabilities, y, w, to, n);
          multiplyByLogitSlopes(to, n);
        } else {
          logitEntropySlopes(x, y, w, to, n);
        }
        focusSlopes(y, to, n);
      }
      case BINARY_FOCAL -> {
        entropySlopes(x, y, w, to, n);
        focusSlopes(y, to, n);
      }
      default -> entropySlopes(x, y, w, to, n);
    }
  }

  private void logitEntropies(double[] xs, double[] ys, double[] ws, double[] to, int n)
      throws Throwable {
    ArrayMath.log1p(exponentials, logs, n);
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector both = DoubleVector.fromArray(Lanes.DOUBLE, logs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector w = DoubleVector.fromArray(Lanes.DOUBLE, ws, i);
      ((DoubleVector) LOGIT_ENTROPY.invokeExact(x, both, y, w, zero)).intoArray(to, i);
    }
  }

  private void logitEntropySlopes(double[] xs, double[] ys, double[] ws, double[] to, int n)
      throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector e = DoubleVector.fromArray(Lanes.DOUBLE, exponentials, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector w = DoubleVector.fromArray(Lanes.DOUBLE, ws, i);
      DoubleVector.broadcast(Lanes.DOUBLE, 1)
          .sub(y)
          .mul((DoubleVector) SIGMOID.invokeExact(x, e))
          .sub(w.mul(y).mul((DoubleVector) SIGMOID.invokeExact(x.neg(), e)))
          .intoArray(to, i);
    }
  }

  private void entropies(double[] ps, double[] ys, double[] ws, double[] to, int n)
      throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector p = DoubleVector.fromArray(Lanes.DOUBLE, ps, i);
      DoubleVector clipped = (DoubleVector) CLIP.invokeExact(p, f);
      clipped.intoArray(logs, i);
      clipped.neg().intoArray(logsOfRests, i);
    }
    ArrayMath.log(logs, logs, n);
    ArrayMath.log1p(logsOfRests, logsOfRests, n);
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector log = DoubleVector.fromArray(Lanes.DOUBLE, logs, i);
      DoubleVector logOfRest = DoubleVector.fromArray(Lanes.DOUBLE, logsOfRests, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector w = DoubleVector.fromArray(Lanes.DOUBLE, ws, i);
      ((DoubleVector) ENTROPY.invokeExact(log, logOfRest, y, w, f, zero)).intoArray(to, i);
    }
  }

  private void entropySlopes(double[] ps, double[] ys, double[] ws, double[] to, int n)
      throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector p = DoubleVector.fromArray(Lanes.DOUBLE, ps, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector w = DoubleVector.fromArray(Lanes.DOUBLE, ws, i);
      ((DoubleVector) ENTROPY_SLOPE.invokeExact(p, y, w, f, zero)).intoArray(to, i);
    }
  }

  private void readLogits(double[] xs, double[] ys, int n) throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector e = DoubleVector.fromArray(Lanes.DOUBLE, exponentials, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector p = (DoubleVector) SIGMOID.invokeExact(x, e);
      DoubleVector rest = (DoubleVector) SIGMOID.invokeExact(x.neg(), e);
      p.intoArray(probabilities, i);
      p.mul(rest).intoArray(probabilitySlopes, i);
      ((DoubleVector) MISS.invokeExact(p, rest, y)).intoArray(misses, i);
    }
  }

  private void readProbabilities(double[] xs, double[] ys, int n) throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector.broadcast(Lanes.DOUBLE, 1).intoArray(probabilitySlopes, i);
      ((DoubleVector) MISS.invokeExact(x, DoubleVector.broadcast(Lanes.DOUBLE, 1).sub(x), y))
          .intoArray(misses, i);
    }
  }

  private void multiplyByLogitSlopes(double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector.fromArray(Lanes.DOUBLE, to, i)
          .mul(DoubleVector.fromArray(Lanes.DOUBLE, probabilitySlopes, i))
          .intoArray(to, i);
    }
  }

  /** balance·miss^gamma·entropy. */
  private void focus(double[] ys, double[] to, int n) throws Throwable {
    ArrayMath.power(misses, f.gamma(), powers, n);
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      ((DoubleVector) BALANCE.invokeExact(y, f))
          .mul(DoubleVector.fromArray(Lanes.DOUBLE, powers, i))
          .mul(DoubleVector.fromArray(Lanes.DOUBLE, entropies, i))
          .intoArray(to, i);
    }
  }

  /** The derivative of {@link #focus}, from that of the entropy, in place. */
  private void focusSlopes(double[] ys, double[] to, int n) throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector.fromArray(Lanes.DOUBLE, powers, i)
          .mul(DoubleVector.fromArray(Lanes.DOUBLE, to, i))
          .intoArray(to, i);
    }
    if (f.gamma() != 0) {
      addMovedWeights(ys, to, n);
    }
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      ((DoubleVector) BALANCE.invokeExact(y, f))
          .mul(DoubleVector.fromArray(Lanes.DOUBLE, to, i))
          .intoArray(to, i);
    }
  }

  /** The part of the derivative that is due to miss^gamma. */
  private void addMovedWeights(double[] ys, double[] to, int n) {
    ArrayMath.power(misses, f.gamma() - 1, lowerPowers, n);
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector entropy = DoubleVector.fromArray(Lanes.DOUBLE, entropies, i);
      DoubleVector missSlope =
          DoubleVector.broadcast(Lanes.DOUBLE, 1)
              .sub(y.add(y))
              .mul(DoubleVector.fromArray(Lanes.DOUBLE, probabilitySlopes, i));
      DoubleVector moved =
          DoubleVector.fromArray(Lanes.DOUBLE, lowerPowers, i)
              .mul(f.gamma())
              .mul(missSlope)
              .mul(entropy)
              .blend(0.0, entropy.compare(VectorOperators.EQ, 0.0));
      DoubleVector.fromArray(Lanes.DOUBLE, to, i).add(moved).intoArray(to, i);
    }
  }
}
