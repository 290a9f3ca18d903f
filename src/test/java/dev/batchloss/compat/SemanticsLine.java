package dev.batchloss.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.data.InvalidDataException;
import java.math.BigDecimal;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.DoubleSupplier;

/**
 * What one line of the table in docs/semantics.md says, and for each cell that says something a
 * check that the code does so.
 */
final class SemanticsLine {
  /** The columns of the table behind those of the library and the loss. */
  enum Column {
    MEAN_OVER("Mean over"),
    CLIPPING("Clipping"),
    SMOOTHING("Smoothing"),
    IGNORED("Ignored"),
    WEIGHTS("Weights"),
    EMPTY("Empty"),
    NAN("NaN"),
    IMPOSSIBLE("−∞");

    final String title;

    Column(String title) {
      this.title = title;
    }
  }

  /** Where a cell stands. */
  record Place(String library, String loss, Column column) {
    @Override
    public String toString() {
      return library + " " + loss + ", " + column.title;
    }
  }

  /** What a cell says and what holds the code to it. */
  record Cell(String text, Runnable check) {}

  final String library;
  final String loss;
  final Map<Column, Cell> cells = new EnumMap<>(Column.class);

  SemanticsLine(String library, String loss) {
    this.library = library;
    this.loss = loss;
  }

  /** Adds a check that was written for this text; a later one of the same column replaces it. */
  SemanticsLine check(Column column, String text, Runnable check) {
    cells.put(column, new Cell(text, check));
    return this;
  }

  /** Adds values that are what the text says: one for each part between slashes. */
  SemanticsLine values(Column column, String text, DoubleSupplier... losses) {
    String[] parts = text.split(" / ", -1);
    return check(
        column,
        text,
        () -> {
          assertThat(losses).hasSameSizeAs(parts);
          for (int i = 0; i < parts.length; i++) {
            requireValue(parts[i], losses[i]);
          }
        });
  }

  /** Adds values each of which is what the text says. */
  SemanticsLine alike(Column column, String text, DoubleSupplier... losses) {
    return check(
        column,
        text,
        () -> {
          for (DoubleSupplier each : losses) {
            requireValue(text, each);
          }
        });
  }

  /** A number is meant to as many digits as are written, 0 exactly. */
  private static void requireValue(String text, DoubleSupplier loss) {
    switch (text) {
      case "refused" ->
          assertThatThrownBy(loss::getAsDouble)
              .isInstanceOfAny(IllegalArgumentException.class, InvalidDataException.class);
      case "NaN" -> assertThat(loss.getAsDouble()).isNaN();
      case "+∞" -> assertThat(loss.getAsDouble()).isEqualTo(Double.POSITIVE_INFINITY);
      case "0" -> assertThat(Math.abs(loss.getAsDouble())).isZero();
      default -> {
        BigDecimal number = new BigDecimal(text);
        assertThat(loss.getAsDouble())
            .isCloseTo(number.doubleValue(), within(number.ulp().doubleValue() / 2));
      }
    }
  }
}
