package dev.batchloss.cpu;

import static dev.batchloss.cpu.Lanes.DOUBLE;
import static dev.batchloss.cpu.Lanes.DOUBLE_STEP;
import static dev.batchloss.cpu.Lanes.FLOAT;
import static dev.batchloss.cpu.Lanes.FLOAT_STEP;
import static dev.batchloss.cpu.Tile.ROWS;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * The loops over a {@link Tile}, a lane a row, of the first {@code lanes} rows: nothing crosses
 * lanes, so every width gives the same bits. With d = (z − shift)·scale, the columns having one
 * element a lane.
 */
final class TileKernel {
  private TileKernel() {}

  /** The greatest of each lane's first {@code k} elements, NaN left out. */
  static void maximum(double[] z, int k, int lanes, double[] greatest) {
    for (int part = 0; part < lanes; part += DOUBLE_STEP) {
      DoubleVector most = DoubleVector.broadcast(DOUBLE, Double.NEGATIVE_INFINITY);
      for (int i = part; i < k * ROWS; i += ROWS) {
        DoubleVector x = DoubleVector.fromArray(DOUBLE, z, i);
        most = most.blend(x, x.compare(VectorOperators.GT, most));
      }
      most.intoArray(greatest, part);
    }
  }

  /** The greatest of each lane's first {@code k} elements, NaN left out. */
  static void maximum(float[] x, int k, int lanes, float[] greatest) {
    for (int part = 0; part < lanes; part += FLOAT_STEP) {
      FloatVector most = FloatVector.broadcast(FLOAT, Float.NEGATIVE_INFINITY);
      for (int i = part; i < k * ROWS; i += ROWS) {
        FloatVector next = FloatVector.fromArray(FLOAT, x, i);
        most = most.blend(next, next.compare(VectorOperators.GT, most));
      }
      most.intoArray(greatest, part);
    }
  }

  /**
   * Σ e^d over class {@code c} and every other after it. One sum a loop: C2 keeps a second one in
   * memory, and takes ten times as long.
   */
  static void sumExp(float[] x, int c, int k, int lanes, float[] shift, float scale, float[] sum) {
    try {
      int stride = Lanes.everyOtherStride;
      FloatVector factors = FloatMath.ONE.mul(FloatMath.exp2Factor(scale));
      for (int part = 0; part < lanes; part += FLOAT_STEP) {
        FloatVector shifts = FloatVector.fromArray(FLOAT, shift, part);
        FloatVector total = FloatVector.zero(FLOAT);
        for (int i = part + c * ROWS; i < k * ROWS; i += stride) {
          FloatVector distance = FloatVector.fromArray(FLOAT, x, i).sub(shifts);
          total = total.add((FloatVector) FloatMath.EXP2.invokeExact(distance, factors));
        }
        total.intoArray(sum, part);
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** sum = sum + Σ e^d. */
  static void addExp(double[] z, int k, int lanes, double[] shift, double scale, double[] sum) {
    try {
      int stride = Lanes.tileStride;
      DoubleVector factors = DoubleMath.ONE.mul(DoubleMath.exp2Factor(scale));
      for (int part = 0; part < lanes; part += DOUBLE_STEP) {
        DoubleVector shifts = DoubleVector.fromArray(DOUBLE, shift, part);
        DoubleVector total = DoubleVector.fromArray(DOUBLE, sum, part);
        for (int i = part; i < k * ROWS; i += stride) {
          DoubleVector distance = DoubleVector.fromArray(DOUBLE, z, i).sub(shifts);
          total = total.add((DoubleVector) DoubleMath.EXP2.invokeExact(distance, factors));
        }
        total.intoArray(sum, part);
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** Adds Σ e^d·d and Σ e^2d; a term with e^d = 0 is 0. */
  static void addMoments(
      double[] z,
      int k,
      int lanes,
      double[] shift,
      double scale,
      double[] entropyMoment,
      double[] squareSum) {
    try {
      int stride = Lanes.tileStride;
      for (int part = 0; part < lanes; part += DOUBLE_STEP) {
        DoubleVector shifts = DoubleVector.fromArray(DOUBLE, shift, part);
        DoubleVector entropies = DoubleVector.fromArray(DOUBLE, entropyMoment, part);
        DoubleVector squares = DoubleVector.fromArray(DOUBLE, squareSum, part);
        for (int i = part; i < k * ROWS; i += stride) {
          DoubleVector d = DoubleVector.fromArray(DOUBLE, z, i).sub(shifts).mul(scale);
          DoubleVector e = (DoubleVector) DoubleMath.EXP.invokeExact(d);
          entropies =
              entropies.add(
                  e.mul(d).blend(0.0, d.compare(VectorOperators.LT, DoubleMath.UNDERFLOW)));
          squares = e.fma(e, squares);
        }
        entropies.intoArray(entropyMoment, part);
        squares.intoArray(squareSum, part);
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** moment = moment + weight·Σ d over one class, weight not being 0. */
  static void addShifted(
      double[] z, int c, int lanes, double weight, double[] shift, double scale, double[] moment) {
    for (int part = 0; part < lanes; part += DOUBLE_STEP) {
      DoubleVector shifts = DoubleVector.fromArray(DOUBLE, shift, part);
      DoubleVector d = DoubleVector.fromArray(DOUBLE, z, c * ROWS + part).sub(shifts).mul(scale);
      d.mul(weight).add(DoubleVector.fromArray(DOUBLE, moment, part)).intoArray(moment, part);
    }
  }

  /** z = u·e^d: a softmax, or a gradient without an entropy, but for its targets. */
  static void multiplyExp(double[] z, int k, int lanes, double[] shift, double scale, double[] u) {
    try {
      int stride = Lanes.tileStride;
      for (int part = 0; part < lanes; part += DOUBLE_STEP) {
        DoubleVector shifts = DoubleVector.fromArray(DOUBLE, shift, part);
        DoubleVector us = DoubleVector.fromArray(DOUBLE, u, part);
        for (int i = part; i < k * ROWS; i += stride) {
          DoubleVector d = DoubleVector.fromArray(DOUBLE, z, i).sub(shifts).mul(scale);
          ((DoubleVector) DoubleMath.EXP.invokeExact(d)).mul(us).intoArray(z, i);
        }
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** z = e^d·(u + e·d): a gradient but for its targets; where e^d is 0, d is taken as 0. */
  static void gradient(
      double[] z, int k, int lanes, double[] shift, double scale, double[] u, double[] e) {
    try {
      int stride = Lanes.tileStride;
      for (int part = 0; part < lanes; part += DOUBLE_STEP) {
        DoubleVector shifts = DoubleVector.fromArray(DOUBLE, shift, part);
        DoubleVector us = DoubleVector.fromArray(DOUBLE, u, part);
        DoubleVector es = DoubleVector.fromArray(DOUBLE, e, part);
        for (int i = part; i < k * ROWS; i += stride) {
          DoubleVector d = DoubleVector.fromArray(DOUBLE, z, i).sub(shifts).mul(scale);
          VectorMask<Double> nothing = d.compare(VectorOperators.LT, DoubleMath.UNDERFLOW);
          DoubleVector inner = d.blend(0.0, nothing).fma(es, us);
          ((DoubleVector) DoubleMath.EXP.invokeExact(d)).mul(inner).intoArray(z, i);
        }
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** z = d − logNormalizer. */
  static void logSoftmax(
      double[] z, int k, int lanes, double[] shift, double scale, double[] logNormalizer) {
    for (int part = 0; part < lanes; part += DOUBLE_STEP) {
      DoubleVector shifts = DoubleVector.fromArray(DOUBLE, shift, part);
      DoubleVector logs = DoubleVector.fromArray(DOUBLE, logNormalizer, part);
      for (int i = part; i < k * ROWS; i += ROWS) {
        DoubleVector d = DoubleVector.fromArray(DOUBLE, z, i).sub(shifts).mul(scale);
        d.sub(logs).intoArray(z, i);
      }
    }
  }
}
