package dev.batchloss.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.data.ElementType;
import dev.batchloss.device.ComparisonNumbers;
import dev.batchloss.device.RowLayout;
import dev.batchloss.loss.CosineSimilarity;
import dev.batchloss.loss.MeanSquaredError;
import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.PairFunction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the kernels of comparisons say of their parameters and what the host takes them for. */
class ComparisonParametersTest {
  private static final KernelHeader HEADER = KernelHeader.read("comparison_parameters.cuh");

  @Test
  void everyFieldStandsWhereTheKernelsLookForIt() throws ReflectiveOperationException {
    Map<String, Integer> offsets = HEADER.offsets("struct ComparisonParameters", Double.BYTES);
    assertThat(KernelHeader.constants(ComparisonParameters.class, offsets))
        .containsExactlyInAnyOrderEntriesOf(offsets);
    assertThat(offsets.keySet()).endsWith("numbers");
    assertThat(ComparisonParameters.NUMBERS % Double.BYTES).isZero();
  }

  @Test
  void theNumbersAreThoseOfACall() {
    List<String> ofElements =
        List.copyOf(HEADER.offsets("struct ElementNumbers", Double.BYTES).keySet());
    assertThat(ofElements)
        .containsExactly(
            "target_scale",
            "target_offset",
            "zero_takes_infinity",
            "clip_low",
            "clip_high",
            "log_floor",
            "slope_floor",
            "alpha",
            "gamma",
            "delta",
            "factor",
            "epsilon",
            "target_term",
            "output_scale");
    assertThat(ComparisonNumbers.of(MeanSquaredError.builder().build().plan(), 1))
        .hasSameSizeAs(ofElements);
    assertThat(HEADER.offsets("struct PairNumbers", Double.BYTES).keySet())
        .containsExactly("logit_scale", "epsilon", "output_scale");
    assertThat(ComparisonNumbers.of(CosineSimilarity.builder().build().plan(), 1)).hasSize(3);
    assertThat(ComparisonParameters.NUMBERS + ofElements.size() * Double.BYTES)
        .isLessThanOrEqualTo(ComparisonParameters.BYTES);
  }

  @Test
  void functionsAndOutputsHaveTheKernelsNumbers() {
    assertThat(constants("enum ElementKind"))
        .isEqualTo(Arrays.stream(ElementFunction.Kind.values()).map(Enum::name).toList());
    assertThat(constants("enum PairKind"))
        .isEqualTo(Arrays.stream(PairFunction.values()).map(Enum::name).toList());
    List<String> outputs = constants("enum ComparisonOutput");
    assertThat(outputs.get(ComparisonParameters.number(MatrixOutput.NONE))).isEqualTo("NOTHING");
    assertThat(outputs.get(ComparisonParameters.number(MatrixOutput.GRADIENT))).isEqualTo("SLOPES");
    assertThat(outputs.get(ComparisonParameters.number(MatrixOutput.ELEMENT_LOSS)))
        .isEqualTo("LOSSES");
  }

  @ParameterizedTest
  @CsvSource({
    "ALONG, 1, lanes, 1, 1, 128",
    "ALONG, 3, lanes, 2, 2, 128",
    "ALONG, 31, lanes, 16, 13, 128",
    "ALONG, 1024, lanes, 32, 25, 128",
    "ALONG, 1025, block, 32, 100, 256",
    "ACROSS, 70000, lanes, 1, 1, 128"
  })
  void neighbouringThreadsTakeNeighbouringElements(
      RowLayout layout, int classes, String tier, int lanes, int grid, int threads) {
    ComparisonProgram program =
        new ComparisonProgram(
            "pairs", 0, ElementType.FLOAT64, layout, classes, MatrixOutput.GRADIENT);
    assertThat(program.module()).isEqualTo("pairs_FLOAT64");
    assertThat(program.lanes()).isEqualTo(lanes);
    assertThat(program.launches(100, 1, _ -> 0))
        .containsExactly(new RowLaunch("pairs_" + tier, grid, 1, threads, 0));
  }

  private static List<String> constants(String declaration) {
    List<String> names = new ArrayList<>();
    for (String name : HEADER.body(declaration).split(",", -1)) {
      if (!name.isBlank()) {
        names.add(name.strip());
      }
    }
    return names;
  }
}
