package dev.batchloss.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectionTest {
  @TempDir Path folder;

  @Test
  void countsWhatIsNotFinite() throws IOException {
    try (NumericFile file = NumericFile.open(Fixtures.path("types.npz") + ":f4_big_F")) {
      Inspection inspection = Inspection.of(file);

      assertThat(inspection)
          .isEqualTo(
              new Inspection(
                  file.header(), Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, 1, 1, 1));
    }
  }

  @Test
  void findsTheExtremesOfIntegersExactly() throws IOException {
    assertExtremes("i8_big_C", Long.MIN_VALUE, Long.MAX_VALUE);
    assertExtremes("u8_little_F", 0L, new BigInteger("18446744073709551615"));
    assertExtremes("u4_big_F", 0L, 4_294_967_295L);
    assertExtremes("i1_little_C", -128L, 127L);
    assertExtremes("b1_little_C", 0L, 1L);
  }

  private static void assertExtremes(String member, Number minimum, Number maximum)
      throws IOException {
    try (NumericFile file = NumericFile.open(Fixtures.path("types.npz") + ":" + member)) {
      Inspection inspection = Inspection.of(file);
      assertThat(inspection).isEqualTo(new Inspection(file.header(), minimum, maximum, 0, 0, 0));
    }
  }

  @Test
  void seesEveryPieceOfALongFile() throws IOException {
    double[] values = new double[1_500_000];
    values[0] = -3;
    values[700_000] = Double.NaN;
    values[values.length - 1] = 4;
    try (NumericFile file = written(values)) {
      assertThat(Inspection.of(file)).isEqualTo(new Inspection(file.header(), -3.0, 4.0, 1, 0, 0));
    }
  }

  @Test
  void hasNoExtremesWithoutNumbers() throws IOException {
    try (NumericFile file = written(Double.NaN, Double.NaN)) {
      assertThat(Inspection.of(file)).isEqualTo(new Inspection(file.header(), null, null, 2, 0, 0));
    }
    try (NumericFile file = NumericFile.open(Fixtures.path("empty.npy"))) {
      assertThat(Inspection.of(file)).isEqualTo(new Inspection(file.header(), null, null, 0, 0, 0));
    }
  }

  private NumericFile written(double... values) throws IOException {
    Path path = folder.resolve("values.npy");
    try (NpyWriter writer = NpyWriter.create(path, NumericType.FLOAT64, values.length)) {
      writer.write(0, MemorySegment.ofArray(values));
      writer.commit();
    }
    return NumericFile.open(path);
  }
}
