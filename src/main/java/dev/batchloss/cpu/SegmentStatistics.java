package dev.batchloss.cpu;

import dev.batchloss.plan.RowStatistics;

/**
 * The statistics of a segment of a row, or of several merged in their order, relative to a shift
 * that moves up as greater elements turn up. In units of x; d = (x − shift)·scale.
 */
final class SegmentStatistics {
  /** The shift may lag this far behind the maximum before sums are taken again. */
  static final double LAG = 8;

  double scale;

  /** Whether a finite shift has been found. */
  boolean started;

  double shift;
  double sum;
  double maximum;
  int argmax;
  int above;
  double classMoment;
  double classMass;
  double targetMoment;
  double targetMass;
  double plainTargetMoment;
  double plainTargetMass;
  double targetNegentropy;
  double entropyMoment;
  double squareSum;
  double targetProduct;
  double targetSquareSum;

  void reset(double scaleOfRow) {
    scale = scaleOfRow;
    started = false;
    shift = 0;
    sum = 0;
    maximum = Double.NEGATIVE_INFINITY;
    argmax = 0;
    above = 0;
    classMoment = 0;
    classMass = 0;
    targetMoment = 0;
    targetMass = 0;
    plainTargetMoment = 0;
    plainTargetMass = 0;
    targetNegentropy = 0;
    entropyMoment = 0;
    squareSum = 0;
    targetProduct = 0;
    targetSquareSum = 0;
  }

  /** Starts with a fixed shift, for rows whose z is a log-probability already. */
  void startAt(double fixedShift) {
    started = true;
    shift = fixedShift;
  }

  /** Above this an element makes the sums be taken again, with a shift that does not lag. */
  double lagLimit() {
    return started ? shift + LAG / scale : Double.NEGATIVE_INFINITY;
  }

  /** Expresses everything relative to another shift. */
  void moveShift(double to) {
    if (!started) {
      // Nothing but −infinity and NaN so far: their sums are 0 or NaN under every shift.
      started = true;
      shift = to;
      return;
    }
    double delta = (shift - to) * scale;
    double factor = ScalarMath.exp(delta);
    entropyMoment = factor == 0 ? 0 : factor * (entropyMoment + sum * delta);
    sum *= factor;
    squareSum *= factor * factor;
    targetProduct *= factor;
    classMoment += product(classMass, delta);
    targetMoment += product(targetMass, delta);
    plainTargetMoment += product(plainTargetMass, delta);
    shift = to;
  }

  /** Appends the statistics of the classes that follow. */
  void append(SegmentStatistics next) {
    if (next.started && (!started || next.shift > shift)) {
      moveShift(next.shift);
    } else if (started) {
      next.moveShift(shift);
    }
    if (next.maximum > maximum) {
      maximum = next.maximum;
      argmax = next.argmax;
    }
    sum += next.sum;
    above += next.above;
    classMoment += next.classMoment;
    classMass += next.classMass;
    targetMoment += next.targetMoment;
    targetMass += next.targetMass;
    plainTargetMoment += next.plainTargetMoment;
    plainTargetMass += next.plainTargetMass;
    targetNegentropy += next.targetNegentropy;
    entropyMoment += next.entropyMoment;
    squareSum += next.squareSum;
    targetProduct += next.targetProduct;
    targetSquareSum += next.targetSquareSum;
  }

  /** Writes the row, its target's element being {@code target}. */
  void store(RowStatistics rows, int i, double target) {
    rows.shift[i] = shift * scale;
    // Logits of nothing but −infinity have no softmax.
    rows.sum[i] = started ? sum : Double.NaN;
    rows.targetShifted[i] = (target - shift) * scale;
    rows.maximum[i] = (maximum - shift) * scale;
    rows.argmax[i] = argmax;
    rows.rank[i] = 1 + above;
    rows.classMoment[i] = classMoment;
    rows.targetMoment[i] = targetMoment;
    rows.targetMass[i] = targetMass;
    rows.plainTargetMoment[i] = plainTargetMoment;
    rows.plainTargetMass[i] = plainTargetMass;
    rows.targetNegentropy[i] = targetNegentropy;
    rows.entropyMoment[i] = entropyMoment;
    rows.squareSum[i] = squareSum;
    rows.targetProduct[i] = targetProduct;
    rows.targetSquareSum[i] = targetSquareSum;
  }

  private static double product(double mass, double delta) {
    return mass == 0 ? 0 : mass * delta;
  }
}
