package dev.batchloss.cli;

import dev.batchloss.evaluate.FileEvaluation;
import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.Reduction;

/** The options that several losses take. */
final class SharedOptions {
  static final LossOption<String> SAMPLE_WEIGHTS =
      LossOption.file(
          "--sample-weights",
          "One weight a row, in the shape of class targets.",
          FileEvaluation.Builder::sampleWeights);
  static final LossOption<String> CLASS_WEIGHTS =
      LossOption.file(
          "--class-weights", "One weight a class.", FileEvaluation.Builder::classWeights);
  static final LossOption<String> ELEMENT_WEIGHTS =
      LossOption.file(
          "--element-weights",
          "One weight a number, in the shape of the predictions, instead of class weights.",
          FileEvaluation.Builder::elementWeights);
  static final LossOption<Long> IGNORE_INDEX =
      LossOption.integer("--ignore-index", "N", "Rows with this class target contribute nothing.");
  static final LossOption<Double> LABEL_SMOOTHING =
      LossOption.number(
          "--label-smoothing",
          "E",
          "The share of the target, 0..1, that is spread over all classes.");
  static final LossOption<Double> GAMMA =
      LossOption.number("--gamma", "G", "The focusing exponent of a focal loss, not negative.");
  static final LossOption<Double> ALPHA =
      LossOption.number(
          "--alpha",
          "A",
          "Weighs a focal loss: multiplies softmax-focal, and is the weight of positive targets,"
              + " 0..1, of binary-focal.");
  static final LossOption<Reduction> REDUCTION =
      LossOption.choice(
          "--reduction",
          "R",
          Reduction.class,
          new Choice.OfReduction(),
          Reduction.MEAN,
          "mean or sum of the rows, or batch-mean: their sum over the length of the axes before"
              + " that of the classes; mean unless given.");
  static final LossOption<EmptyMean> EMPTY_MEAN =
      LossOption.choice(
          "--empty-mean",
          "V",
          EmptyMean.class,
          new Choice.OfEmptyMean(),
          EmptyMean.NAN,
          "The mean if no row is counted, nan or zero; nan unless given.");

  static final LossOption<ClassReduction> CLASS_REDUCTION =
      LossOption.choice(
          "--class-reduction",
          "R",
          ClassReduction.class,
          new Choice.OfClassReduction(),
          ClassReduction.MEAN,
          "mean or sum of a row's elements.");
  static final LossOption<Double> EPSILON =
      LossOption.number("--epsilon", "E", "The small number that keeps a loss from dividing by 0.");
  static final LossOption<Double> TEMPERATURE =
      LossOption.number("--temperature", "T", "Divides the logits of both sides.");

  private SharedOptions() {}
}
