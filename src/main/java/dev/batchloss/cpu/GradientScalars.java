package dev.batchloss.cpu;

import dev.batchloss.plan.RowStatistics;

/**
 * One row's scalars of the gradient e^d·(u + e·d) − r·[c=t] − k·w_c − h·w_c·q_c with the division
 * by the sum and a constant derivative of z by x in them.
 */
final class GradientScalars {
  double u;
  double e;
  double r;
  double k;
  double h;

  /**
   * Takes over a row of the statistics.
   *
   * @param derivative dz/dx where it is the same for the whole row
   */
  void set(RowStatistics rows, int i, double normalizer, double derivative) {
    u = derivative * rows.u[i] / normalizer;
    e = derivative * rows.e[i] / normalizer;
    r = derivative * rows.r[i];
    k = derivative * rows.k[i];
    h = derivative * rows.h[i];
  }

  /** Makes the formula give the softmax. */
  void setSoftmax(double normalizer) {
    u = 1 / normalizer;
    e = 0;
    r = 0;
    k = 0;
    h = 0;
  }
}
