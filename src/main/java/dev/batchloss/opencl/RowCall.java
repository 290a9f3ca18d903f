package dev.batchloss.opencl;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.ProbabilityTargets;
import dev.batchloss.device.RowChunk;
import dev.batchloss.plan.ClassWeights;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.TargetScan;
import dev.batchloss.spi.RowRequest;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What every chunk of one call shares, and what a chunk needs besides the matrices; immutable. */
final class RowCall {
  /** Class weights are read in whole vectors. */
  private static final int WEIGHT_PADDING = 16;

  private static final int TARGET_BATCH = 4096;

  final RowRequest<?> request;
  final RowProgram program;
  final RowArguments arguments;
  final @Nullable ClassTargets classTargets;
  final @Nullable Matrix distributions;

  private final boolean hasRowFactors;
  private final double gradientScale;

  RowCall(RowRequest<?> request, RowProgram program, TargetScan scan) {
    this.request = request;
    this.program = program;
    this.hasRowFactors =
        request.outputKind() == MatrixOutput.GRADIENT
            && (request.rowUpstream() != null
                || (request.targets() != null && request.targets().sampleWeights() != null));
    this.gradientScale = request.gradientScale(scan);
    this.arguments =
        new RowArguments(request, program.arithmetic(), hasRowFactors ? 1 : gradientScale);
    this.classTargets = request.targets() instanceof ClassTargets classes ? classes : null;
    this.distributions =
        request.targets() instanceof ProbabilityTargets soft ? soft.probabilities() : null;
  }

  /** Returns how many bytes the class targets of a chunk take; 0 if there are none. */
  long targetBytes(RowChunk chunk) {
    return classTargets == null ? 0 : (long) chunk.rows() * Integer.BYTES;
  }

  /** Writes the class targets of a chunk, known to be good: −1 for an ignored row. */
  void writeTargets(RowChunk chunk, MemorySegment to) {
    ClassTargets targets = Objects.requireNonNull(classTargets);
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

  /** Returns how many bytes the rows' factors of the gradient take; 0 if there is one for all. */
  long factorBytes(RowChunk chunk) {
    return hasRowFactors ? (long) chunk.rows() * program.arithmetic().bytes() : 0;
  }

  /** Writes what multiplies the gradient of each row of a chunk. */
  void writeFactors(RowChunk chunk, MemorySegment to) {
    Matrix weights = request.targets() == null ? null : request.targets().sampleWeights();
    Matrix upstream = request.rowUpstream();
    for (int i = 0; i < chunk.rows(); i++) {
      long row = chunk.firstRow() + i;
      double factor = gradientScale;
      factor *= upstream == null ? 1 : upstream.get(row, 0);
      factor *= weights == null ? 1 : weights.get(row, 0);
      program.arithmetic().set(to, i, factor);
    }
  }

  /** Returns how many bytes the class weights take; 0 if there are none. */
  long weightBytes() {
    ClassWeights weights = request.plan().objective().classWeights();
    return weights == null
        ? 0
        : ((long) weights.classes() + WEIGHT_PADDING) * program.arithmetic().bytes();
  }

  /** Writes the class weights, zeros after them. */
  void writeWeights(MemorySegment to) {
    ClassWeights weights = Objects.requireNonNull(request.plan().objective().classWeights());
    ElementType type = program.arithmetic();
    to.fill((byte) 0);
    for (int c = 0; c < weights.classes(); c++) {
      type.set(to, c, weights.at(c));
    }
  }

  /** Returns how many bytes come back for a chunk besides the output matrix. */
  long columnBytes(RowChunk chunk) {
    return program.columns().bytes(chunk.rows(), program.arithmetic());
  }
}
