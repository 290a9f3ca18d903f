package dev.batchloss.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.data.ElementType;
import dev.batchloss.device.RowColumn;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the kernels say of their parameters and what the host takes them for. */
class RowParametersTest {
  private static final String HEADER = header();

  @Test
  void everyFieldStandsWhereTheKernelsLookForIt() throws ReflectiveOperationException {
    Map<String, Integer> offsets = offsets(Double.BYTES);
    Map<String, Integer> written = new LinkedHashMap<>();
    for (Field field : RowParameters.class.getDeclaredFields()) {
      String name = field.getName().toLowerCase(Locale.ROOT);
      if (offsets.containsKey(name) && field.getType() == int.class) {
        written.put(name, field.getInt(null));
      }
    }
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
        Arrays.stream(body("enum ElementType").split(",", -1)).map(String::strip).toList();
    for (ElementType type : ElementType.values()) {
      assertThat(types.get(RowParameters.number(type))).isEqualTo(type.name());
    }
  }

  @Test
  void theSizesOfWhatSplitRowsLeaveAreTheKernels() {
    assertThat(HEADER)
        .contains("constexpr int SEGMENT = 1 << 16;")
        .contains("constexpr int BYTES_OF_TOTALS = " + RowParameters.BYTES_OF_TOTALS + ";")
        .contains("constexpr int BYTES_OF_SCALARS = " + RowParameters.BYTES_OF_SCALARS + ";");
    assertThat(RowProgram.SEGMENT).isEqualTo(1 << 16);
  }

  /** The offsets of the structure's fields by the rules of a 64-bit C compiler. */
  private static Map<String, Integer> offsets(int realBytes) {
    Map<String, Integer> offsets = new LinkedHashMap<>();
    int next = 0;
    for (String declaration : body("struct RowParameters").split(";", -1)) {
      String field = declaration.strip();
      if (field.isEmpty()) {
        continue;
      }
      String name = field.replaceFirst("(?s).*\\W", "");
      int size = size(field, realBytes);
      int alignment = Math.min(size, Long.BYTES);
      next = Math.ceilDiv(next, alignment) * alignment;
      offsets.put(name, next);
      next += size;
    }
    return offsets;
  }

  private static int size(String field, int realBytes) {
    if (field.contains("*") || field.startsWith("long long")) {
      return Long.BYTES;
    }
    if (field.startsWith("Strides")) {
      return 3 * Long.BYTES;
    }
    return field.startsWith("Real") ? realBytes : Integer.BYTES;
  }

  private static Map<String, Long> constants(String declaration) {
    Map<String, Long> constants = new LinkedHashMap<>();
    Pattern constant = Pattern.compile("(\\w+) = (?:1u << )?(\\d+)");
    for (MatchResult match : constant.matcher(body(declaration)).results().toList()) {
      long number = Long.parseLong(match.group(2));
      constants.put(match.group(1), match.group().contains("<<") ? 1L << number : number);
    }
    return constants;
  }

  private static String body(String declaration) {
    int start = HEADER.indexOf('{', HEADER.indexOf(declaration));
    return HEADER.substring(start + 1, HEADER.indexOf('}', start));
  }

  private static String header() {
    String path = "/dev/batchloss/kernels/cuda/row_parameters.cuh";
    try (InputStream stream = RowParametersTest.class.getResourceAsStream(path)) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8).replaceAll("//.*", "");
    } catch (IOException e) {
      throw new AssertionError(path, e);
    }
  }
}
