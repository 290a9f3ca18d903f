package dev.batchloss.cli;

import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.TargetKind;
import java.util.Map;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** An option whose value is one of two words. */
abstract class Choice<T> implements ITypeConverter<T> {
  private final String first;
  private final String second;
  private final Map<String, T> values;

  private Choice(String first, T firstValue, String second, T secondValue) {
    this.first = first;
    this.second = second;
    this.values = Map.of(first, firstValue, second, secondValue);
  }

  @Override
  public T convert(String word) {
    T value = values.get(word);
    if (value == null) {
      throw new TypeConversionException("is '%s', must be %s or %s".formatted(word, first, second));
    }
    return value;
  }

  /** {@code --target-kind}. */
  static final class OfTargetKind extends Choice<TargetKind> {
    OfTargetKind() {
      super("classes", TargetKind.CLASSES, "probabilities", TargetKind.PROBABILITIES);
    }
  }

  /** {@code --reduction}. */
  static final class OfReduction extends Choice<Reduction> {
    OfReduction() {
      super("mean", Reduction.MEAN, "sum", Reduction.SUM);
    }
  }

  /** {@code --class-reduction}. */
  static final class OfClassReduction extends Choice<ClassReduction> {
    OfClassReduction() {
      super("mean", ClassReduction.MEAN, "sum", ClassReduction.SUM);
    }
  }

  /** {@code --empty-mean}. */
  static final class OfEmptyMean extends Choice<EmptyMean> {
    OfEmptyMean() {
      super("nan", EmptyMean.NAN, "zero", EmptyMean.ZERO);
    }
  }
}
