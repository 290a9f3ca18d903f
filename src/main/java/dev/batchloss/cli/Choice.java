package dev.batchloss.cli;

import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.TargetKind;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** An option whose value is one of a few words. */
abstract class Choice<T> implements ITypeConverter<T> {
  private final List<Word<T>> words;

  private Choice(List<Word<T>> words) {
    this.words = words;
  }

  private record Word<T>(String text, T value) {}

  @Override
  public T convert(String text) {
    return words.stream()
        .filter(word -> word.text.equals(text))
        .findFirst()
        .orElseThrow(
            () -> new TypeConversionException("is '%s', must be %s".formatted(text, known())))
        .value;
  }

  private String known() {
    List<String> texts = words.stream().map(Word::text).toList();
    int last = texts.size() - 1;
    return String.join(", ", texts.subList(0, last)) + " or " + texts.get(last);
  }

  /** {@code --target-kind}. */
  static final class OfTargetKind extends Choice<TargetKind> {
    OfTargetKind() {
      super(
          List.of(
              new Word<>("classes", TargetKind.CLASSES),
              new Word<>("probabilities", TargetKind.PROBABILITIES)));
    }
  }

  /** {@code --reduction}. */
  static final class OfReduction extends Choice<Reduction> {
    OfReduction() {
      super(
          List.of(
              new Word<>("mean", Reduction.MEAN),
              new Word<>("sum", Reduction.SUM),
              new Word<>("batch-mean", Reduction.BATCH_MEAN)));
    }
  }

  /** {@code --class-reduction}. */
  static final class OfClassReduction extends Choice<ClassReduction> {
    OfClassReduction() {
      super(
          List.of(new Word<>("mean", ClassReduction.MEAN), new Word<>("sum", ClassReduction.SUM)));
    }
  }

  /** {@code --empty-mean}. */
  static final class OfEmptyMean extends Choice<EmptyMean> {
    OfEmptyMean() {
      super(List.of(new Word<>("nan", EmptyMean.NAN), new Word<>("zero", EmptyMean.ZERO)));
    }
  }
}
