package dev.batchloss.cpu;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The virtual vector: {@value #FLOATS} floats or {@value #DOUBLES} doubles, whatever the machine
 * has. Column c of a block is always added into lane c mod width; a narrower machine walks the
 * block once for each part of the virtual vector. Lanes are summed in one fixed order, in double.
 * Hence 128, 256 and 512-bit machines agree to the bit.
 */
final class Lanes {
  static final int FLOATS = 16;
  static final int DOUBLES = 8;

  static final VectorShape SHAPE = VectorShape.forBitSize(CpuBackend.vectorBits());
  static final VectorSpecies<Float> FLOAT = VectorSpecies.of(float.class, SHAPE);
  static final VectorSpecies<Double> DOUBLE = VectorSpecies.of(double.class, SHAPE);
  static final int FLOAT_STEP = FLOAT.length();
  static final int DOUBLE_STEP = DOUBLE.length();

  /**
   * The same numbers, but not final: C2 unrolls a loop whose stride it knows, and a loop with an
   * exponential in it then spills its registers and takes up to twice as long.
   */
  static int floatStride = FLOATS;

  static int doubleStride = DOUBLES;
  static int floatStep = FLOAT_STEP;
  static int doubleStep = DOUBLE_STEP;
  static int tileStride = Tile.ROWS;
  static int everyOtherStride = 2 * Tile.ROWS;
  static int pairStride = 2 * PairTile.ROWS;

  private Lanes() {}

  /**
   * Sums {@code n} elements: column c is added into lane c mod {@value #DOUBLES}.
   *
   * @param lanes room for the lanes
   */
  static double sum(double[] values, int offset, int n, double[] lanes) {
    if (n < DOUBLES) {
      double sum = 0;
      for (int i = offset; i < offset + n; i++) {
        sum += values[i];
      }
      return sum;
    }
    int whole = n - n % DOUBLES;
    for (int part = 0; part < DOUBLES; part += DOUBLE_STEP) {
      DoubleVector sum = DoubleVector.zero(DOUBLE);
      for (int i = offset + part; i < offset + whole; i += DOUBLES) {
        sum = sum.add(DoubleVector.fromArray(DOUBLE, values, i));
      }
      sum.intoArray(lanes, part);
    }
    for (int i = whole; i < n; i++) {
      lanes[i - whole] += values[offset + i];
    }
    return BlockSums.sum(lanes);
  }
}
