package dev.batchloss.compat;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Class labels of any kind, one a sample: whole numbers, truth values or strings. Numbers of
 * different kinds are equal where their values are (1 and 1.0, and true, which is 1), as in NumPy.
 * Immutable.
 */
public final class Labels {
  /** Beyond it neighbouring doubles are more than 1 apart. */
  private static final double GREATEST_WHOLE_DOUBLE = 0x1p53;

  /** Strings by code points, as Python orders them; all elements are of one kind. */
  private static final Comparator<Object> ORDER =
      (a, b) ->
          a instanceof Long number
              ? number.compareTo((Long) b)
              : Arrays.compare(
                  ((String) a).codePoints().toArray(), ((String) b).codePoints().toArray());

  /** Longs or strings. */
  private final Object[] values;

  private Labels(Object[] values) {
    this.values = values;
  }

  /** Integers; copied. */
  public static Labels of(int... labels) {
    return new Labels(Arrays.stream(labels).mapToObj(label -> (long) label).toArray());
  }

  /** Integers; copied. */
  public static Labels of(long... labels) {
    return new Labels(Arrays.stream(labels).boxed().toArray());
  }

  /**
   * Floating-point numbers that are whole; copied.
   *
   * @throws IllegalArgumentException if one is not, which is no label but a quantity
   */
  public static Labels of(double... labels) {
    Object[] values = new Object[labels.length];
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] != Math.rint(labels[i]) || Math.abs(labels[i]) > GREATEST_WHOLE_DOUBLE) {
        throw new IllegalArgumentException(
            "label %d is %s, must be a whole number: continuous target data is not supported"
                .formatted(i, labels[i]));
      }
      values[i] = (long) labels[i];
    }
    return new Labels(values);
  }

  /** Truth values, false before true; copied. */
  public static Labels of(boolean... labels) {
    Object[] values = new Object[labels.length];
    for (int i = 0; i < labels.length; i++) {
      values[i] = labels[i] ? 1L : 0L;
    }
    return new Labels(values);
  }

  /** Strings, in the order of their code points; copied. */
  public static Labels of(String... labels) {
    return new Labels(List.of(labels).toArray());
  }

  /**
   * The elements of a tensor of rank 1, or of one column.
   *
   * @throws IllegalArgumentException if it has another shape, or an element that is not whole
   */
  public static Labels of(Tensor labels) {
    boolean isColumn = labels.rank() == 2 && labels.axes().length(1) == 1;
    if (labels.rank() != 1 && !isColumn) {
      throw new IllegalArgumentException(
          "labels have shape %s, must have one axis".formatted(labels.axes()));
    }
    return labels.isIntegral() ? of(labels.toLongs()) : of(labels.toDoubles());
  }

  /** Returns how many there are. */
  public int size() {
    return values.length;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Labels that && Arrays.equals(values, that.values);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return Arrays.toString(values);
  }

  /** Each different label once, in ascending order. */
  Labels distinct() {
    Set<Object> sorted = new TreeSet<>(ORDER);
    sorted.addAll(Arrays.asList(values));
    return new Labels(sorted.toArray());
  }

  /** Those that are not among {@code known}, each once. */
  Labels notIn(Labels known) {
    Set<Object> rest = new LinkedHashSet<>(Arrays.asList(values));
    rest.removeAll(Set.copyOf(List.of(known.distinct().values)));
    return new Labels(rest.toArray());
  }

  /** The place of each label among {@code classes}, and {@code otherwise} where it has none. */
  int[] placesIn(Labels classes, int otherwise) {
    Map<Object, Integer> places = new HashMap<>();
    for (int c = 0; c < classes.values.length; c++) {
      places.put(classes.values[c], c);
    }
    return Arrays.stream(values).mapToInt(label -> places.getOrDefault(label, otherwise)).toArray();
  }
}
