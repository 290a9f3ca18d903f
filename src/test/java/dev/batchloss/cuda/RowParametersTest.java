package dev.batchloss.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.data.ElementType;
import dev.batchloss.device.RowColumn;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the kernels say of their parameters and what the host takes them for. */
class RowParametersTest {
  private static final KernelHeader HEADER = KernelHeader.read("row_parameters.cuh");

  @Test
  void everyFieldStandsWhereTheKernelsLookForIt() throws ReflectiveOperationException {
    Map<String, Integer> offsets = offsets(Double.BYTES);
    Map<String, Integer> written = KernelHeader.constants(RowParameters.class, offsets);
    assertThat(offsets).containsAllEntriesOf(written);
    List<String> others =
        offsets.keySet().stream().filter(name -> !written.containsKey(name)).toList();
    assertThat(others).startsWith("unused", "scale").endsWith("gradient_scale").hasSize(14);
    assertThat(offsets).containsEntry("scale", RowParameters.NUMBERS);
  }

  @Test
  void theNumbersAreAsManyAsACallHas() {
    List<String> numbers =
        offsets(Float.BYTES).keySet().stream().dropWhile(name -> !name.equals("scale")).toList();
    assertThat(numbers)
        .containsExactly(
            "scale",
            "logit_scale",
            "softcap",
            "softcap_slope",
            "clip_low",
            "clip_high",
            "target_share",
            "smoothing_share",
            "class_weight_sum",
            "z_loss",
            "entropy",
            "focusing",
            "gradient_scale");
  }

  @Test
  void theStructureFits() {
    int last = offsets(Double.BYTES).values().stream().mapToInt(Integer::intValue).max().orElse(0);
    assertThat(last + Double.BYTES).isLessThanOrEqualTo(RowParameters.BYTES);
  }

  @Test
  void flagsAndColumnsAndTypesHaveTheKernelsNumbers() {
    Map<String, Long> constants = constants("enum RowFlag : unsigned");
    assertThat(constants).hasSameSizeAs(RowFlag.values());
    for (RowFlag flag : RowFlag.values()) {
      assertThat(constants).containsEntry(flag.name(), (long) flag.bit());
    }
    Map<String, Long> columns = constants("enum RowColumn : unsigned");
    Map<String, Long> wanted = new LinkedHashMap<>();
    for (RowColumn column : RowColumn.values()) {
      wanted.put(column.name(), 1L << wanted.size());
    }
    assertThat(columns).containsExactlyEntriesOf(wanted);
    List<String> types =
        Arrays.stream(HEADER.body("enum ElementType").split(",", -1)).map(String::strip).toList();
    for (ElementType type : ElementType.values()) {
      assertThat(types.get(RowParameters.number(type))).isEqualTo(type.name());
    }
  }

  @Test
  void theSizesOfWhatSplitRowsLeaveAreTheKernels() {
    assertThat(HEADER.text())
        .contains("constexpr int SEGMENT = 1 << 16;")
        .contains("constexpr int BYTES_OF_TOTALS = " + RowParameters.BYTES_OF_TOTALS + ";")
        .contains("constexpr int BYTES_OF_SCALARS = " + RowParameters.BYTES_OF_SCALARS + ";");
    assertThat(RowProgram.SEGMENT).isEqualTo(1 << 16);
  }

  private static Map<String, Integer> offsets(int realBytes) {
    return HEADER.offsets("struct RowParameters", realBytes);
  }

  private static Map<String, Long> constants(String declaration) {
    Map<String, Long> constants = new LinkedHashMap<>();
    Pattern constant = Pattern.compile("(\\w+) = (?:1u << )?(\\d+)");
    for (MatchResult match : constant.matcher(HEADER.body(declaration)).results().toList()) {
      long number = Long.parseLong(match.group(2));
      constants.put(match.group(1), match.group().contains("<<") ? 1L << number : number);
    }
    return constants;
  }
}
