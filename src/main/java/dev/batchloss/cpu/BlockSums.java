package dev.batchloss.cpu;

/** Where the loops over a block leave their results; one a worker, so that nothing is allocated. */
final class BlockSums {
  final float[] floatLanes = new float[Lanes.FLOATS];
  final float[] moreFloatLanes = new float[Lanes.FLOATS];
  final double[] doubleLanes = new double[Lanes.DOUBLES];
  final double[] moreDoubleLanes = new double[Lanes.DOUBLES];

  /** Σ e^d. */
  double sum;

  /** The greatest element, NaN left out; −infinity if there is none. */
  double maximum;

  /** Σ e^d·d. */
  double entropyMoment;

  /** Σ e^2d. */
  double squareSum;
}
