package dev.batchloss.cpu;

import static dev.batchloss.cpu.Lanes.DOUBLE;
import static dev.batchloss.cpu.Lanes.DOUBLE_STEP;

import dev.batchloss.plan.PairFunction;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The loops over a block of a row of each of two matrices. Terms are stored and then summed in the
 * lanes' fixed order; a term whose probability is 0 is 0.
 */
final class PairKernel {
  private static final double LN2 = Math.log(2);

  private static final MethodHandle PRODUCT = VectorFunction.of(MethodHandles.lookup(), "product");
  private static final MethodHandle RATIO_TO_MIDDLE =
      VectorFunction.of(MethodHandles.lookup(), "ratioToMiddle");
  private static final MethodHandle SHIFTED = VectorFunction.of(MethodHandles.lookup(), "shifted");

  private final PairRow row;
  private final double[] terms;
  private final double[] moreTerms;

  /** ln(1 + e^−|ln p − ln q|), which the logarithms of p and q over their middle have in common. */
  private final double[] middles;

  private final double[] lanes = new double[Lanes.DOUBLES];

  PairKernel(PairRow row, int block) {
    this.row = row;
    this.terms = new double[block];
    this.moreTerms = new double[block];
    this.middles = new double[block];
  }

  /** NaN stays out; the sums have it. */
  void addMaxima(double[] x, double[] y, int n) {
    for (int i = 0; i < n; i++) {
      row.xMaximum = x[i] > row.xMaximum ? x[i] : row.xMaximum;
      row.yMaximum = y[i] > row.yMaximum ? y[i] : row.yMaximum;
    }
  }

  void addExponentials(double[] x, double[] y, int n) {
    try {
      for (int i = 0; i < n; i += DOUBLE_STEP) {
        DoubleVector dx = (DoubleVector) SHIFTED.invokeExact(x, i, row.xMaximum, row.scale);
        DoubleVector dy = (DoubleVector) SHIFTED.invokeExact(y, i, row.yMaximum, row.scale);
        ((DoubleVector) DoubleMath.EXP.invokeExact(dx)).intoArray(terms, i);
        ((DoubleVector) DoubleMath.EXP.invokeExact(dy)).intoArray(moreTerms, i);
      }
      row.xSum += Lanes.sum(terms, 0, n, lanes);
      row.ySum += Lanes.sum(moreTerms, 0, n, lanes);
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** What both rows add to the divergence, the sums being logarithms by now. */
  void addDivergence(double[] x, double[] y, int n) {
    try {
      if (row.function == PairFunction.JENSEN_SHANNON) {
        compareToMiddle(x, y, n);
        termsOfMiddle(x, y, n);
      } else {
        termsOfRatio(x, y, n);
      }
      row.xPart += Lanes.sum(terms, 0, n, lanes);
      row.yPart += Lanes.sum(moreTerms, 0, n, lanes);
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  private void termsOfRatio(double[] x, double[] y, int n) throws Throwable {
    for (int i = 0; i < n; i += DOUBLE_STEP) {
      DoubleVector dx = (DoubleVector) SHIFTED.invokeExact(x, i, row.xMaximum, row.scale);
      DoubleVector logP = dx.sub(row.xSum);
      DoubleVector dy = (DoubleVector) SHIFTED.invokeExact(y, i, row.yMaximum, row.scale);
      DoubleVector logQ = dy.sub(row.ySum);
      DoubleVector p = (DoubleVector) DoubleMath.EXP.invokeExact(logP);
      DoubleVector q = (DoubleVector) DoubleMath.EXP.invokeExact(logQ);
      ((DoubleVector) PRODUCT.invokeExact(p, logP.sub(logQ))).intoArray(terms, i);
      ((DoubleVector) PRODUCT.invokeExact(q, logQ.sub(logP))).intoArray(moreTerms, i);
    }
  }

  /** A loop of its own: where either value may come, it is an object. */
  private void termsOfMiddle(double[] x, double[] y, int n) throws Throwable {
    for (int i = 0; i < n; i += DOUBLE_STEP) {
      DoubleVector dx = (DoubleVector) SHIFTED.invokeExact(x, i, row.xMaximum, row.scale);
      DoubleVector logP = dx.sub(row.xSum);
      DoubleVector dy = (DoubleVector) SHIFTED.invokeExact(y, i, row.yMaximum, row.scale);
      DoubleVector logQ = dy.sub(row.ySum);
      DoubleVector p = (DoubleVector) DoubleMath.EXP.invokeExact(logP);
      DoubleVector q = (DoubleVector) DoubleMath.EXP.invokeExact(logQ);
      DoubleVector ofP = (DoubleVector) RATIO_TO_MIDDLE.invokeExact(logP, logQ, middles, i);
      DoubleVector ofQ = (DoubleVector) RATIO_TO_MIDDLE.invokeExact(logQ, logP, middles, i);
      ((DoubleVector) PRODUCT.invokeExact(p, ofP)).intoArray(terms, i);
      ((DoubleVector) PRODUCT.invokeExact(q, ofQ)).intoArray(moreTerms, i);
    }
  }

  private void compareToMiddle(double[] x, double[] y, int n) throws Throwable {
    for (int i = 0; i < n; i += DOUBLE_STEP) {
      DoubleVector dx = (DoubleVector) SHIFTED.invokeExact(x, i, row.xMaximum, row.scale);
      DoubleVector dy = (DoubleVector) SHIFTED.invokeExact(y, i, row.yMaximum, row.scale);
      dy.sub(row.ySum).sub(dx.sub(row.xSum)).intoArray(middles, i);
    }
    ArrayMath.expOfMinusMagnitude(middles, middles, n);
    ArrayMath.log1p(middles, middles, n);
  }

  void addProducts(double[] x, double[] y, int n) {
    for (int i = 0; i < n; i++) {
      terms[i] = x[i] * y[i];
      moreTerms[i] = x[i] * x[i];
    }
    row.product += Lanes.sum(terms, 0, n, lanes);
    row.xSquares += Lanes.sum(moreTerms, 0, n, lanes);
    for (int i = 0; i < n; i++) {
      terms[i] = y[i] * y[i];
    }
    row.ySquares += Lanes.sum(terms, 0, n, lanes);
  }

  void addMargin(double[] x, double[] y, int c, int n) {
    for (int i = 0; i < n; i++) {
      terms[i] = y[i] * x[i];
      double other = (1 - y[i]) * x[i];
      if (other > row.xMaximum || (Double.isNaN(other) && !Double.isNaN(row.xMaximum))) {
        row.xMaximum = other;
        row.greatest = c + i;
      }
    }
    row.product += Lanes.sum(terms, 0, n, lanes);
  }

  /** The derivative with respect to each x of the block, times {@code factor}. */
  void slopes(double[] x, double[] y, double[] to, int c, int n, double factor) {
    switch (row.function) {
      case FORWARD_KL, REVERSE_KL, JENSEN_SHANNON -> divergenceSlopes(x, y, to, n, factor);
      case COSINE_SIMILARITY -> {
        double across = -1 / row.norms();
        double along = row.radialSlope();
        for (int i = 0; i < n; i++) {
          to[i] = factor * (across * y[i] + along * x[i]);
        }
      }
      case CATEGORICAL_HINGE -> {
        boolean isZero = row.value == 0;
        boolean isNan = Double.isNaN(row.value);
        for (int i = 0; i < n; i++) {
          double slope = (c + i == row.greatest ? 1 - y[i] : 0) - y[i];
          to[i] = factor * (isNan ? Double.NaN : isZero ? 0 : slope);
        }
      }
    }
  }

  private void divergenceSlopes(double[] x, double[] y, double[] to, int n, double factor) {
    try {
      if (row.function == PairFunction.JENSEN_SHANNON) {
        compareToMiddle(x, y, n);
      }
      double scaled = factor * row.scale * (row.function == PairFunction.JENSEN_SHANNON ? 0.5 : 1);
      for (int i = 0; i < n; i += DOUBLE_STEP) {
        DoubleVector dx = (DoubleVector) SHIFTED.invokeExact(x, i, row.xMaximum, row.scale);
        DoubleVector logP = dx.sub(row.xSum);
        DoubleVector dy = (DoubleVector) SHIFTED.invokeExact(y, i, row.yMaximum, row.scale);
        DoubleVector logQ = dy.sub(row.ySum);
        DoubleVector p = (DoubleVector) DoubleMath.EXP.invokeExact(logP);
        DoubleVector slope =
            switch (row.function) {
              case REVERSE_KL ->
                  (DoubleVector) PRODUCT.invokeExact(p, logP.sub(logQ).sub(row.xPart));
              case JENSEN_SHANNON ->
                  (DoubleVector)
                      PRODUCT.invokeExact(
                          p,
                          ((DoubleVector) RATIO_TO_MIDDLE.invokeExact(logP, logQ, middles, i))
                              .sub(row.xPart));
              default -> p.sub((DoubleVector) DoubleMath.EXP.invokeExact(logQ));
            };
        slope.mul(scaled).intoArray(to, i);
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  static DoubleVector shifted(double[] from, int i, double maximum, double scale) {
    return DoubleVector.fromArray(DOUBLE, from, i).sub(maximum).mul(scale);
  }

  /**
   * ln(p / ½(p + q)), also where q/p is beyond all bounds.
   *
   * @param common what that has in common with ln(q / ½(p + q)), from element i on
   */
  static DoubleVector ratioToMiddle(
      DoubleVector logOf, DoubleVector logOther, double[] common, int i) {
    DoubleVector d = logOther.sub(logOf);
    DoubleVector positive = d.blend(0.0, d.compare(VectorOperators.LT, 0.0));
    return positive.neg().sub(DoubleVector.fromArray(DOUBLE, common, i)).add(LN2);
  }

  static DoubleVector product(DoubleVector probability, DoubleVector value) {
    return probability.mul(value).blend(0.0, probability.compare(VectorOperators.EQ, 0.0));
  }
}
