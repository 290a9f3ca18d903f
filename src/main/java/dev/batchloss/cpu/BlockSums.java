package dev.batchloss.cpu;

/** Where the loops over a block leave their results; one a worker, so that nothing is allocated. */
final class BlockSums {
  final float[] floatLanes = new float[Lanes.FLOATS];
  final float[] moreFloatLanes = new float[Lanes.FLOATS];
  final float[] floatSquareLanes = new float[Lanes.FLOATS];
  final double[] doubleLanes = new double[Lanes.DOUBLES];
  final double[] moreDoubleLanes = new double[Lanes.DOUBLES];
  final double[] doubleSquareLanes = new double[Lanes.DOUBLES];

  final float[] floatMaxima = new float[Lanes.FLOATS];
  final double[] doubleMaxima = new double[Lanes.DOUBLES];

  /** Σ e^d. */
  double sum;

  /**
   * Of an ordinary block of floats: the greatest d, as the bits of its rounded exponent to base 2.
   */
  int floatGreatest;

  /** Likewise of a block of doubles. */
  long doubleGreatest;

  /** Whether an element was greater than the limit that was given. */
  boolean exceeds;

  /** That {@link ReadAhead}'s NaN was met; noted for the comparison to be made, of no meaning. */
  boolean metNan;

  /** Σ e^d·d. */
  double entropyMoment;

  /** Σ e^2d. */
  double squareSum;

  /** The greatest element of the block of floats, NaN left out; −infinity if there is none. */
  double floatMaximum() {
    float maximum = floatMaxima[0];
    for (int i = 1; i < Lanes.FLOATS; i++) {
      maximum = floatMaxima[i] > maximum ? floatMaxima[i] : maximum;
    }
    return maximum;
  }

  /** The greatest element of the block of doubles, NaN left out; −infinity if there is none. */
  double doubleMaximum() {
    double maximum = doubleMaxima[0];
    for (int i = 1; i < Lanes.DOUBLES; i++) {
      maximum = doubleMaxima[i] > maximum ? doubleMaxima[i] : maximum;
    }
    return maximum;
  }

  /** Sums the lanes of a virtual vector of floats. */
  static double sum(float[] lanes) {
    return sum(lanes, 0);
  }

  /** Sums the lanes of the virtual vector of floats that begins {@code at} a place. */
  static double sum(float[] lanes, int at) {
    double a = ((double) lanes[at] + lanes[at + 8]) + ((double) lanes[at + 4] + lanes[at + 12]);
    double b =
        ((double) lanes[at + 2] + lanes[at + 10]) + ((double) lanes[at + 6] + lanes[at + 14]);
    double c = ((double) lanes[at + 1] + lanes[at + 9]) + ((double) lanes[at + 5] + lanes[at + 13]);
    double d =
        ((double) lanes[at + 3] + lanes[at + 11]) + ((double) lanes[at + 7] + lanes[at + 15]);
    return (a + b) + (c + d);
  }

  /** Sums the lanes of a virtual vector of doubles. */
  static double sum(double[] lanes) {
    return sum(lanes, 0);
  }

  /** Sums the lanes of the virtual vector of doubles that begins {@code at} a place. */
  static double sum(double[] lanes, int at) {
    double even = (lanes[at] + lanes[at + 4]) + (lanes[at + 2] + lanes[at + 6]);
    double odd = (lanes[at + 1] + lanes[at + 5]) + (lanes[at + 3] + lanes[at + 7]);
    return even + odd;
  }
}
