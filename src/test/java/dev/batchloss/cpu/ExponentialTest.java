package dev.batchloss.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.DoubleStream;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Powers of two that stand for exponentials, against those of Java. */
class ExponentialTest {
  private static DoubleStream exponentsOfDoubles() {
    return DoubleStream.concat(
        DoubleStream.iterate(-707, d -> d <= 709, d -> d + 0.731),
        DoubleStream.of(-1e-300, 0, 1e-9, 0.5, 709.4));
  }

  private static DoubleStream exponentsOfFloats() {
    return DoubleStream.concat(
        DoubleStream.iterate(-86.5, d -> d <= 87, d -> d + 0.0613),
        DoubleStream.of(-1e-30, 0, 1e-6, 0.25));
  }

  @Test
  void powersOfDoublesAreExponentials() {
    exponentsOfDoubles()
        .forEach(
            d ->
                assertThat(ofDouble(d) / Math.exp(d))
                    .as("of %s", d)
                    .isCloseTo(1, within(1e-15 + Math.abs(d) * 1e-16)));
  }

  @Test
  void powersOfFloatsAreExponentials() {
    exponentsOfFloats()
        .forEach(
            d ->
                assertThat(ofFloat((float) d) / Math.exp((float) d))
                    .as("of %s", d)
                    .isCloseTo(1, within(2e-7 + Math.abs(d) * 2e-8)));
  }

  @ParameterizedTest
  @ValueSource(doubles = {-709, -1e5, -1e18, -1.7e308, Double.NEGATIVE_INFINITY})
  void farBelowThereIsNothing(double d) {
    assertThat(ofDouble(d)).isZero();
    assertThat(ofFloat((float) d)).isZero();
  }

  /** Log-probabilities have the shift 0, and nothing keeps them from being any number. */
  @ParameterizedTest
  @ValueSource(doubles = {710, 800, 1e5, 1e18, 1.7e308, Double.POSITIVE_INFINITY})
  void farAboveDoublesAreInfinite(double d) {
    assertThat(ofDouble(d)).isEqualTo(Double.POSITIVE_INFINITY);
  }

  @Test
  void nanStays() {
    assertThat(ofDouble(Double.NaN)).isNaN();
    assertThat(ofFloat(Float.NaN)).isNaN();
  }

  private static double ofDouble(double d) {
    DoubleVector x = DoubleVector.broadcast(Lanes.DOUBLE, d);
    DoubleVector factor = DoubleVector.broadcast(Lanes.DOUBLE, DoubleMath.exp2Factor(1));
    try {
      return DoubleMath.exp2(x, factor).lane(0);
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  private static float ofFloat(float d) {
    FloatVector x = FloatVector.broadcast(Lanes.FLOAT, d);
    FloatVector factor = FloatVector.broadcast(Lanes.FLOAT, FloatMath.exp2Factor(1));
    try {
      return FloatMath.exp2(x, factor).lane(0);
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }
}
