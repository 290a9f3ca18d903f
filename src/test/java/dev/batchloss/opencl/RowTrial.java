package dev.batchloss.opencl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Plan;
import dev.batchloss.plan.RowFold;
import dev.batchloss.plan.RowNeeds;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.RowStatistic;
import dev.batchloss.plan.RowStatistics;
import dev.batchloss.plan.TargetKind;
import dev.batchloss.spi.Backend;
import dev.batchloss.spi.RowRequest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A call and its data, to be run on several backends.
 *
 * @param outputType what the output matrix is of; that of the input in place
 * @param rowUpstream a factor of each row's gradient, or null
 */
record RowTrial(
    String name,
    Plan plan,
    Matrix input,
    @Nullable Targets targets,
    Set<RowStatistic> statistics,
    MatrixOutput outputKind,
    ElementType outputType,
    boolean inPlace,
    @Nullable Matrix rowUpstream) {

  /**
   * What came back.
   *
   * @param columns a name and a number for each row
   * @param output the matrix that was written, or null
   */
  record Result(Map<String, double[]> columns, @Nullable Matrix output) {
    /** Asserts that the other run gave the same bits. */
    void assertSameBitsAs(Result other, String what) {
      assertThat(columns.keySet()).as(what).isEqualTo(other.columns.keySet());
      columns.forEach(
          (name, numbers) ->
              assertThat(numbers).as(what + ": " + name).containsExactly(other.columns.get(name)));
      if (output != null && other.output != null) {
        assertThat(output.segment().mismatch(other.output.segment()))
            .as(what + ": first byte of the output that differs")
            .isEqualTo(-1);
      }
    }
  }

  RowTrial asking(Set<RowStatistic> wanted) {
    return new RowTrial(
        name, plan, input, targets, wanted, outputKind, outputType, inPlace, rowUpstream);
  }

  RowTrial writing(MatrixOutput kind, ElementType type) {
    return new RowTrial(name, plan, input, targets, statistics, kind, type, false, rowUpstream);
  }

  RowTrial inPlaceOfTheInput() {
    return new RowTrial(
        name, plan, input, targets, statistics, outputKind, input.type(), true, rowUpstream);
  }

  RowTrial withUpstream(Matrix factors) {
    return new RowTrial(
        name, plan, input, targets, statistics, outputKind, outputType, inPlace, factors);
  }

  /** Returns the call without anybody who takes its results; nothing is run. */
  RowRequest<Matrix> request() {
    return request(input, output(input), _ -> {});
  }

  /** Runs on a copy of the input. */
  Result run(Backend backend) {
    Matrix copy = copyOf(input);
    Matrix output = output(copy);
    Map<String, double[]> columns = new TreeMap<>();
    backend.run(request(copy, output, batch -> keep(batch, columns)));
    return new Result(columns, output);
  }

  /** Asserts that two runs agree to within rounding of the arithmetic and of the stored output. */
  void assertClose(Result got, Result want, double precision) {
    assertThat(got.columns.keySet()).isEqualTo(want.columns.keySet());
    want.columns.forEach(
        (column, numbers) -> {
          for (int row = 0; row < numbers.length; row++) {
            assertClose(
                got.columns.get(column)[row],
                numbers[row],
                precision * (1 + Math.abs(numbers[row])),
                "%s: %s of row %d".formatted(name, column, row));
          }
        });
    if (want.output == null || got.output == null) {
      return;
    }
    double stored = Math.scalb(1.0, -fractionBits(outputType));
    for (long row = 0; row < input.rows(); row++) {
      for (int c = 0; c < input.classes(); c++) {
        double wanted = want.output.get(row, c);
        assertClose(
            got.output.get(row, c),
            wanted,
            precision * (1 + Math.abs(wanted)) + 2 * stored * Math.abs(wanted) + stored * stored,
            "%s: output of row %d, class %d".formatted(name, row, c));
      }
    }
  }

  private RowRequest<Matrix> request(Matrix from, @Nullable Matrix output, RowFold fold) {
    return new RowRequest<>(
        plan, from, targets, statistics, outputKind, output, 0.75, rowUpstream, () -> fold);
  }

  private @Nullable Matrix output(Matrix from) {
    if (outputKind == MatrixOutput.NONE || inPlace) {
      return outputKind == MatrixOutput.NONE ? null : from;
    }
    long elements = from.segment().byteSize() / from.type().bytes();
    MemorySegment memory = Arena.ofAuto().allocate(elements * outputType.bytes(), 64);
    return Matrix.strided(
        memory,
        outputType,
        from.outer(),
        from.classes(),
        from.inner(),
        from.outerStride(),
        from.classStride(),
        from.innerStride());
  }

  private static Matrix copyOf(Matrix matrix) {
    MemorySegment memory = Arena.ofAuto().allocate(matrix.segment().byteSize(), 64);
    return Matrix.strided(
        memory.copyFrom(matrix.segment()),
        matrix.type(),
        matrix.outer(),
        matrix.classes(),
        matrix.inner(),
        matrix.outerStride(),
        matrix.classStride(),
        matrix.innerStride());
  }

  private void keep(RowStatistics batch, Map<String, double[]> columns) {
    for (int i = 0; i < batch.size; i++) {
      put(columns, "loss", Math.toIntExact(batch.firstRow) + i, batch.loss[i]);
      if (plan instanceof ElementPlan && statistics.contains(RowStatistic.ARGMAX)) {
        put(columns, "matches", Math.toIntExact(batch.firstRow) + i, batch.matches[i]);
      }
    }
    if (plan instanceof RowPlan rowPlan) {
      keepStatistics(rowPlan, batch, columns);
    }
  }

  private void keepStatistics(RowPlan rowPlan, RowStatistics batch, Map<String, double[]> columns) {
    TargetKind kind = TargetKind.of(targets);
    RowNeeds needs = RowNeeds.of(rowPlan, kind, statistics, outputKind);
    for (int i = 0; i < batch.size; i++) {
      int row = Math.toIntExact(batch.firstRow) + i;
      if (statistics.contains(RowStatistic.LOG_SUM_EXP)
          && rowPlan.input().kind() == InputKind.LOGITS) {
        put(columns, "lse", row, batch.logSumExp(i));
      }
      if (batch.ignored[i]) {
        continue;
      }
      if (statistics.contains(RowStatistic.NLL)) {
        put(columns, "nll", row, batch.nll[i]);
      }
      if (needs.argmax()) {
        put(columns, "argmax", row, batch.argmax[i]);
        put(columns, "target", row, batch.target[i]);
        put(columns, "top probability", row, batch.topProbability(i));
      }
      if (needs.rank()) {
        put(columns, "rank", row, batch.rank[i]);
      }
      if (needs.entropyMoment()) {
        put(columns, "entropy", row, batch.entropy(i));
      }
      if (needs.squares()) {
        put(columns, "brier", row, batch.brier(i, kind));
      }
    }
  }

  private void put(Map<String, double[]> columns, String column, int row, double number) {
    columns.computeIfAbsent(column, _ -> new double[Math.toIntExact(input.rows())])[row] = number;
  }

  private static void assertClose(double got, double want, double bound, String what) {
    boolean isSame = got == want || (Double.isNaN(got) && Double.isNaN(want));
    assertThat(isSame || Math.abs(got - want) <= bound)
        .as("%s: got %s, want %s within %s", what, got, want, bound)
        .isTrue();
  }

  private static int fractionBits(ElementType type) {
    return switch (type) {
      case FLOAT64 -> 52;
      case FLOAT32 -> 23;
      case FLOAT16 -> 10;
      case BFLOAT16 -> 7;
    };
  }

  @Override
  public String toString() {
    return name;
  }
}
