package dev.batchloss.cpu;

/**
 * FLOAT16 numbers as floats and back. Of these loops C2 makes vectors by itself, with the
 * processor's own conversions; the Vector API has none.
 */
final class Float16 {
  private Float16() {}

  static void widen(short[] from, int fromOffset, int n, float[] to, int offset) {
    for (int i = 0; i < n; i++) {
      to[offset + i] = Float.float16ToFloat(from[fromOffset + i]);
    }
  }

  static void narrow(float[] from, int fromOffset, int n, short[] to, int offset) {
    for (int i = 0; i < n; i++) {
      to[offset + i] = Float.floatToFloat16(from[fromOffset + i]);
    }
  }
}
