package dev.batchloss.cpu;

/** Where a block of a row and its gradient lie, and what the gradient is formed with. */
final class GradientBlock {
  float[] logits = new float[0];
  int logitsOffset;

  /** May be the logits themselves, at the same offset. */
  float[] gradient = logits;

  int gradientOffset;

  /** Of the row, in units of its logits. */
  float shift;

  GradientScalars scalars = new GradientScalars();
}
