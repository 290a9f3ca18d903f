package dev.batchloss.device;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.ProbabilityTargets;
import dev.batchloss.data.ValueTargets;
import dev.batchloss.plan.ClassWeights;
import dev.batchloss.plan.ComparisonPlan;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.PairPlan;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.TargetScan;
import dev.batchloss.spi.RowRequest;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What every chunk of one call shares, and what a chunk needs besides the matrices; immutable. */
public final class RowCall {
  private static final int TARGET_BATCH = 4096;

  private final RowRequest<?> request;
  private final ElementType arithmetic;
  private final RowColumns columns;
  private final boolean hasRowFactors;
  private final double outputScale;
  private final List<Double> numbers;

  /**
   * Prepares a call.
   *
   * @param arithmetic FLOAT32 or FLOAT64: what the device computes in
   * @param scan what phase 0 has found
   */
  public RowCall(RowRequest<?> request, ElementType arithmetic, TargetScan scan) {
    this.request = request;
    this.arithmetic = arithmetic;
    this.columns = RowColumns.of(request);
    this.hasRowFactors =
        (request.outputKind() == MatrixOutput.GRADIENT && request.rowUpstream() != null)
            || (outputTakesWeights(request.outputKind()) && sampleWeights() != null);
    this.outputScale = outputScale(scan);
    this.numbers = numbers(hasRowFactors ? 1 : outputScale);
  }

  private static boolean outputTakesWeights(MatrixOutput kind) {
    return kind == MatrixOutput.GRADIENT || kind == MatrixOutput.ELEMENT_LOSS;
  }

  /** Returns what every element of the output is multiplied by, whatever its row. */
  private double outputScale(TargetScan scan) {
    return switch (request.plan()) {
      case RowPlan _ -> request.gradientScale(scan);
      case ComparisonPlan _ when request.outputKind() == MatrixOutput.ELEMENT_LOSS -> 1;
      case ComparisonPlan plan ->
          request.gradientScale(scan) * plan.rowFactor(request.input().classes());
    };
  }

  private List<Double> numbers(double scale) {
    return switch (request.plan()) {
      case RowPlan plan ->
          RowNumbers.of(
              plan, request.targetKind(), request.needs(), request.input().classes(), scale);
      case ElementPlan plan -> ComparisonNumbers.of(plan, scale);
      case PairPlan plan -> ComparisonNumbers.of(plan, scale);
    };
  }

  private @Nullable Matrix sampleWeights() {
    return request.targets() == null ? null : request.targets().sampleWeights();
  }

  /** Returns the call. */
  public RowRequest<?> request() {
    return request;
  }

  /** Returns what the device computes in. */
  public ElementType arithmetic() {
    return arithmetic;
  }

  /** Returns what comes back for each row. */
  public RowColumns columns() {
    return columns;
  }

  /** Returns the numbers that kernels take: see {@link RowNumbers}, {@link ComparisonNumbers}. */
  public List<Double> numbers() {
    return numbers;
  }

  /**
   * Returns the matrix of targets that goes the same way as the input: distributions, or the values
   * that a comparison plan takes; null if there is none.
   */
  public @Nullable Matrix targetMatrix() {
    return switch (request.targets()) {
      case ProbabilityTargets soft -> soft.probabilities();
      case ValueTargets compared -> compared.values();
      case ClassTargets _ -> null;
      case null -> null;
    };
  }

  /** Returns the weights of a chunk's elements, as {@link ElementPlan} has them; null for ones. */
  public @Nullable ElementWeights elementWeights(RowChunk chunk) {
    return request.plan() instanceof ElementPlan
            && request.targets() instanceof ValueTargets values
            && values.elementWeights() != null
        ? new ElementWeights(chunk.viewOf(values.elementWeights()), arithmetic)
        : null;
  }

  /** Returns how many bytes the class targets of a chunk take; 0 if there are none. */
  public long targetBytes(RowChunk chunk) {
    return request.targets() instanceof ClassTargets ? (long) chunk.rows() * Integer.BYTES : 0;
  }

  /** Writes the class targets of a chunk, known to be good: −1 for an ignored row. */
  public void writeTargets(RowChunk chunk, MemorySegment to) {
    ClassTargets targets = (ClassTargets) Objects.requireNonNull(request.targets());
    Long ignoredClass = request.plan().ignoredClass();
    int[] batch = new int[Math.min(TARGET_BATCH, chunk.rows())];
    for (int from = 0; from < chunk.rows(); from += batch.length) {
      int n = Math.min(batch.length, chunk.rows() - from);
      long first = chunk.firstRow() + from;
      targets.copyTo(first, n, batch);
      if (ignoredClass != null) {
        long ignored = ignoredClass;
        for (int i = 0; i < n; i++) {
          batch[i] = targets.at(first + i) == ignored ? -1 : batch[i];
        }
      }
      MemorySegment.copy(batch, 0, to, ValueLayout.JAVA_INT, (long) from * Integer.BYTES, n);
    }
  }

  /** Returns how many bytes the rows' factors of the output take; 0 if there is one for all. */
  public long factorBytes(RowChunk chunk) {
    return hasRowFactors ? (long) chunk.rows() * arithmetic.bytes() : 0;
  }

  /** Writes what multiplies the gradient, or the element losses, of each row of a chunk. */
  public void writeFactors(RowChunk chunk, MemorySegment to) {
    Matrix weights = sampleWeights();
    Matrix upstream = request.outputKind() == MatrixOutput.GRADIENT ? request.rowUpstream() : null;
    for (int i = 0; i < chunk.rows(); i++) {
      long row = chunk.firstRow() + i;
      double factor = outputScale;
      factor *= upstream == null ? 1 : upstream.get(row, 0);
      factor *= weights == null ? 1 : weights.get(row, 0);
      arithmetic.set(to, i, factor);
    }
  }

  /** Returns how many bytes the class weights, or positive weights, take; 0 without any. */
  public long weightBytes() {
    ClassWeights weights = classWeights();
    return weights == null ? 0 : PaddedWeights.bytes(weights, arithmetic);
  }

  /** Writes the class weights, or positive weights, zeros after them. */
  public void writeWeights(MemorySegment to) {
    PaddedWeights.write(Objects.requireNonNull(classWeights()), arithmetic, to);
  }

  private @Nullable ClassWeights classWeights() {
    return switch (request.plan()) {
      case RowPlan plan -> plan.objective().classWeights();
      case ElementPlan plan -> plan.positiveWeights();
      case PairPlan _ -> null;
    };
  }

  /** Returns how many bytes come back for a chunk besides the output matrix. */
  public long columnBytes(RowChunk chunk) {
    return columns.bytes(chunk.rows(), arithmetic);
  }
}
