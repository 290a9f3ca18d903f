package dev.batchloss.compat;

import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.SoftmaxFocal;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.MatrixOutput;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code CategoricalFocalCrossentropy}; see {@link Keras#categoricalFocalCrossentropy()}.
 * Immutable.
 */
public final class KerasCategoricalFocalCrossentropy
    extends KerasLoss<KerasCategoricalFocalCrossentropy> {
  static final KerasCategoricalFocalCrossentropy DEFAULT =
      new KerasCategoricalFocalCrossentropy(
          DEFAULTS, new double[] {0.25}, 2, InputKind.PROBABILITIES, 0, -1);

  /** One for all classes, or one a class. */
  private final double[] alpha;

  private final double gamma;
  private final InputKind input;
  private final double labelSmoothing;
  private final int axis;

  private KerasCategoricalFocalCrossentropy(
      Options options,
      double[] alpha,
      double gamma,
      InputKind input,
      double labelSmoothing,
      int axis) {
    super(options);
    this.alpha = alpha;
    this.gamma = gamma;
    this.input = input;
    this.labelSmoothing = labelSmoothing;
    this.axis = axis;
  }

  @Override
  KerasCategoricalFocalCrossentropy with(Options others) {
    return new KerasCategoricalFocalCrossentropy(others, alpha, gamma, input, labelSmoothing, axis);
  }

  /** {@code alpha}, 0.25 by default: one number for all classes, or one a class. Copied. */
  public KerasCategoricalFocalCrossentropy alpha(double... weights) {
    if (weights.length == 0) {
      throw new IllegalArgumentException("alpha has no elements, must have one or one a class");
    }
    return new KerasCategoricalFocalCrossentropy(
        options, weights.clone(), gamma, input, labelSmoothing, axis);
  }

  /** {@code gamma}, 2 by default; not negative. */
  public KerasCategoricalFocalCrossentropy gamma(double exponent) {
    return new KerasCategoricalFocalCrossentropy(
        options, alpha, exponent, input, labelSmoothing, axis);
  }

  /** {@code from_logits=True}: predictions are logits; else probabilities. */
  public KerasCategoricalFocalCrossentropy fromLogits() {
    return new KerasCategoricalFocalCrossentropy(
        options, alpha, gamma, InputKind.LOGITS, labelSmoothing, axis);
  }

  /** {@code label_smoothing}, 0 by default: the share of the target that is spread. */
  public KerasCategoricalFocalCrossentropy labelSmoothing(double share) {
    return new KerasCategoricalFocalCrossentropy(options, alpha, gamma, input, share, axis);
  }

  /** {@code axis}, −1 by default: the axis of the classes. */
  public KerasCategoricalFocalCrossentropy axis(int classAxis) {
    return new KerasCategoricalFocalCrossentropy(
        options, alpha, gamma, input, labelSmoothing, classAxis);
  }

  @Override
  TensorLoss run(KerasCall call, Tensor yTrue, Tensor yPred) {
    KerasShapes.requireSameShape(yTrue, yPred);
    int classAxis = yPred.axes().requireAxis("axis", axis);
    Tensor wanted = labelSmoothing == 0 ? yTrue : KerasShapes.smoothed(yTrue, labelSmoothing);
    Matrix targets = wanted.rows(classAxis);
    int[] classes = classesOf(targets);
    boolean ofLogits = input == InputKind.LOGITS;
    Tensor probabilities = yPred;
    if (ofLogits || classes == null) {
      probabilities = Tensor.of(yPred.toDoubles(), yPred.shape());
    }
    if (ofLogits) {
      probabilities =
          SoftmaxCall.softmax(call.options().call().engineOrShared(), probabilities, classAxis);
    }
    TensorLoss found =
        classes == null
            ? ofDistributions(call, probabilities, classAxis, targets)
            : ofClasses(call, probabilities, classAxis, classes);
    if (call.output() == MatrixOutput.NONE || probabilities == yPred) {
      return found;
    }
    Tensor gradient =
        ofLogits
            ? ofLogits(probabilities.rows(classAxis), found.gradient(), classAxis, yPred)
            : found.gradient().as(yPred.type());
    return found.withGradient(gradient);
  }

  private TensorLoss ofClasses(KerasCall call, Tensor probabilities, int classAxis, int[] classes) {
    return call.run(
        loss(probabilities.axes().length(classAxis)),
        probabilities,
        classAxis,
        Targets.classes(classes),
        call.weights(probabilities.axes().without(classAxis)),
        KerasCall.warningsOf("categorical_focal_crossentropy", probabilities));
  }

  /** Each class in turn as the target of every row, weighing as much as the row wants it. */
  private TensorLoss ofDistributions(
      KerasCall call, Tensor probabilities, int classAxis, Matrix targets) {
    KerasWeights weights = call.weights(probabilities.axes().without(classAxis));
    List<String> warnings = KerasCall.warningsOf("categorical_focal_crossentropy", probabilities);
    SoftmaxFocal loss = loss(targets.classes());
    int rows = Math.toIntExact(targets.rows());
    TensorLoss sum = null;
    for (int c = 0; c < targets.classes(); c++) {
      double[] shares = new double[rows];
      for (int row = 0; row < rows; row++) {
        shares[row] = targets.get(row, c);
      }
      int[] classes = new int[rows];
      Arrays.fill(classes, c);
      TensorLoss part =
          call.run(
              loss,
              probabilities,
              classAxis,
              Targets.classes(classes).withSampleWeights(shares),
              weights.times(Tensor.of(shares, rows)),
              warnings);
      sum = sum == null ? part : sum.plus(part);
    }
    if (sum == null) {
      throw new IllegalArgumentException("yPred has no classes");
    }
    return sum;
  }

  private SoftmaxFocal loss(long classes) {
    double[] weights = alpha;
    if (alpha.length == 1) {
      weights = new double[Math.toIntExact(classes)];
      Arrays.fill(weights, alpha[0]);
    }
    return SoftmaxFocal.builder()
        .transform(KerasShapes.normalizedAndClipped())
        .gamma(gamma)
        .classWeights(weights)
        .build();
  }

  /** The place of the 1 in each row, or null where a row is not zeros and a one. */
  private static int @Nullable [] classesOf(Matrix targets) {
    int[] classes = new int[Math.toIntExact(targets.rows())];
    for (int row = 0; row < classes.length; row++) {
      classes[row] = -1;
      for (int c = 0; c < targets.classes(); c++) {
        double wanted = targets.get(row, c);
        if (wanted == 1 && classes[row] < 0) {
          classes[row] = c;
        } else if (wanted != 0) {
          return null;
        }
      }
      if (classes[row] < 0) {
        return null;
      }
    }
    return classes;
  }

  /** Through the softmax: p_c·(g_c − Σ g·p), of which Σ g·p is 0 where a row is normalised. */
  private static Tensor ofLogits(Matrix p, Tensor ofProbabilities, int classAxis, Tensor yPred) {
    Matrix slopes = ofProbabilities.rows(classAxis);
    Tensor gradient = Tensor.allocate(yPred.type(), yPred.axes());
    Matrix written = gradient.rows(classAxis);
    for (long row = 0; row < p.rows(); row++) {
      for (int c = 0; c < p.classes(); c++) {
        written.set(row, c, p.get(row, c) * slopes.get(row, c));
      }
    }
    return gradient;
  }
}
