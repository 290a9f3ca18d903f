package dev.batchloss.opencl;

import static dev.batchloss.data.ElementType.FLOAT32;
import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.device.ComparisonNumbers;
import dev.batchloss.loss.Huber;
import dev.batchloss.loss.JensenShannon;
import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.PairFunction;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the kernels that compare say of their arguments and what the host takes them for. */
class ComparisonArgumentsTest {
  @Test
  void theKernelsTakeAsManyAsTheHostSets() {
    List<String> arguments = list("comparison", "#define COMPARISON_ARGUMENTS(.*)");
    assertThat(arguments).hasSize(ComparisonArguments.COUNT);
    assertThat(arguments)
        .endsWith(
            "int loss_column",
            "int matches_column",
            "int bad_class_column",
            "int bad_target_class_column");
  }

  @Test
  void numbersAreAsManyAsThePlanHas() {
    assertThat(list("elements", "#define NUMBERS(.*)"))
        .hasSameSizeAs(ComparisonNumbers.of(Huber.builder().build().plan(), 1))
        .startsWith("REAL target_scale", "REAL target_offset", "REAL zero_is_zero")
        .endsWith("REAL target_term", "REAL output_scale");
    assertThat(list("pairs", "#define NUMBERS(.*)"))
        .hasSameSizeAs(ComparisonNumbers.of(JensenShannon.builder().build().plan(), 1))
        .containsExactly("REAL logit_scale", "REAL epsilon", "REAL output_scale");
  }

  @ParameterizedTest
  @EnumSource
  void elementFunctionsAreKnownByName(ElementFunction.Kind kind) {
    assertThat(KernelSources.read("elements")).containsOnlyOnce("#define " + kind + " ");
  }

  @ParameterizedTest
  @EnumSource
  void pairFunctionsAreKnownByName(PairFunction function) {
    assertThat(KernelSources.read("pairs")).containsOnlyOnce("#define " + function + " ");
  }

  @ParameterizedTest
  @ValueSource(strings = {ComparisonProgram.ELEMENTS, ComparisonProgram.PAIRS})
  void theSizesAreThoseOfTheHost(String source) {
    assertThat(find(source, "#define SEGMENT (\\d+)"))
        .isEqualTo(String.valueOf(ComparisonProgram.SEGMENT));
    assertThat(find("comparison", "#define ITEM_GROUP (\\d+)"))
        .isEqualTo(String.valueOf(ComparisonProgram.GROUP));
  }

  /** What spares compilations: one program serves every element type and every output. */
  @Test
  void aProgramIsOfTheFunctionTheArithmeticAndTheShapeAlone() {
    DeviceDescription device = TestDevice.describe().build();
    RowTrial trial = RowTrials.ofRows(5, 100).weightedElements();
    RowTrial plain =
        RowTrials.ofRows(9, 5000).weightedElements().writing(MatrixOutput.NONE, FLOAT32);
    String options = CallProgram.of(trial.request(), device, KernelFamily.GPU).options();
    assertThat(options)
        .isEqualTo(
            "-cl-std=CL1.2 -D LANES=1 -D ITEMS=64 -D HAS_DOUBLES"
                + " -D FUNCTION=BINARY_CROSS_ENTROPY_LOGITS");
    assertThat(CallProgram.of(plain.request(), device, KernelFamily.CPU).options())
        .isEqualTo(options);
  }

  private static List<String> list(String source, String pattern) {
    return Arrays.stream(find(source, pattern).split(",", -1)).map(String::strip).toList();
  }

  private static String find(String source, String pattern) {
    String text = KernelSources.read(source).replaceAll("//.*", "").replace("\\\n", " ");
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    assertThat(matcher.find()).as(pattern).isTrue();
    return matcher.group(1);
  }
}
