package dev.batchloss.conformance;

import dev.batchloss.Metric;
import dev.batchloss.Outputs;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.MatrixOutput;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One call, kept as data so that the oracle sees exactly what the engine sees.
 *
 * @param output null without an output matrix, the input itself for one in place
 * @param upstream null for none
 * @param rowUpstream null for none
 */
record Trial(
    CrossEntropy loss,
    Matrix input,
    Targets targets,
    MatrixOutput kind,
    @Nullable Matrix output,
    @Nullable Double upstream,
    @Nullable Matrix rowUpstream,
    Set<Metric> metrics) {

  static final Set<Metric> ALL_METRICS =
      Set.of(
          Metric.ACCURACY,
          Metric.topK(3),
          Metric.topK(1000),
          Metric.PERPLEXITY,
          Metric.ENTROPY,
          Metric.MRR,
          Metric.BRIER,
          Metric.ECE,
          Metric.PER_CLASS);

  static Trial of(CrossEntropy loss, Matrix input, Targets targets) {
    return new Trial(loss, input, targets, MatrixOutput.NONE, null, null, null, Set.of());
  }

  Trial writing(MatrixOutput what, Matrix where) {
    return new Trial(loss, input, targets, what, where, upstream, rowUpstream, metrics);
  }

  Trial gradientInPlace() {
    return writing(MatrixOutput.GRADIENT, input);
  }

  Trial withUpstream(double derivative) {
    return new Trial(loss, input, targets, kind, output, derivative, rowUpstream, metrics);
  }

  Trial withUpstream(double[] derivatives) {
    Matrix column = Matrix.of(derivatives, derivatives.length, 1);
    return new Trial(loss, input, targets, kind, output, upstream, column, metrics);
  }

  Trial withMetrics(Set<Metric> wanted) {
    return new Trial(loss, input, targets, kind, output, upstream, rowUpstream, wanted);
  }

  boolean inPlace() {
    return output == input;
  }

  /** Asks for all of it, row losses and, of logits, lse besides. */
  Outputs outputs() {
    Outputs outputs =
        switch (kind) {
          case NONE -> Outputs.lossOnly();
          case GRADIENT ->
              output == null || inPlace()
                  ? Outputs.gradientInPlace()
                  : Outputs.gradientInto(output);
          case SOFTMAX -> Outputs.softmaxInto(written());
          case LOG_SOFTMAX -> Outputs.logSoftmaxInto(written());
          case ELEMENT_LOSS -> Outputs.elementLossesInto(written());
        };
    outputs = outputs.withRowLosses().withMetrics(metrics);
    if (loss.input() == InputKind.LOGITS) {
      outputs = outputs.withLogSumExp();
    }
    if (upstream != null) {
      outputs = outputs.withUpstream(upstream);
    }
    return rowUpstream == null ? outputs : outputs.withUpstream(rowUpstream);
  }

  Matrix written() {
    if (output == null) {
      throw new IllegalStateException("this trial writes no matrix");
    }
    return output;
  }

  /** The options that matter, so that a failure can be read. */
  @Override
  public String toString() {
    return "%s%s%s%s, ε %s, zLoss %s, scale %s, softcap %s, %s; %s (strides %d, %d, %d) on %s; %s%s%s"
        .formatted(
            loss.input(),
            loss.classWeights() == null ? "" : ", class weights",
            targets.sampleWeights() == null ? "" : ", sample weights",
            loss.ignoredClass() == null ? "" : ", ignoring " + loss.ignoredClass(),
            loss.labelSmoothing(),
            loss.zLoss(),
            loss.logitScale(),
            loss.softcap(),
            loss.reduction(),
            input,
            input.outerStride(),
            input.classStride(),
            input.innerStride(),
            input.segment().isNative() ? "native memory" : "an array",
            kind,
            output == null ? "" : inPlace() ? " in place" : " into " + output.type(),
            metrics.isEmpty() ? "" : ", metrics");
  }
}
