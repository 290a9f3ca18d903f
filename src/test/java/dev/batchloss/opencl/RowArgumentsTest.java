package dev.batchloss.opencl;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the kernels say of their arguments and what the host takes them for. */
class RowArgumentsTest {
  private static final String SOURCE =
      KernelSources.read("rows").replaceAll("//.*", "").replace("\\\n", " ");

  @Test
  void theKernelsTakeAsManyAsTheHostSets() {
    assertThat(arguments()).hasSize(RowArguments.COUNT);
  }

  @Test
  void everyParameterIsAnArgumentInTheSameOrder() {
    List<String> names =
        arguments().stream().map(argument -> argument.replaceFirst(".*\\W", "")).toList();
    List<String> parameters = split(find("#define PARAMETERS\\s*\\{([^}]*)\\}"));
    assertThat(names).containsSubsequence(parameters).endsWith("gradient_scale");
    List<String> fields =
        Arrays.stream(find("typedef struct \\{([^}]*)\\} Parameters;").split(";", -1))
            .map(field -> field.strip().replaceFirst("(?s).*\\W", ""))
            .filter(field -> !field.isEmpty())
            .toList();
    assertThat(parameters).isEqualTo(fields);
  }

  private static List<String> arguments() {
    return split(find("#define ROW_ARGUMENTS(.*)"));
  }

  private static String find(String pattern) {
    Matcher matcher = Pattern.compile(pattern).matcher(SOURCE);
    assertThat(matcher.find()).as(pattern).isTrue();
    return matcher.group(1);
  }

  private static List<String> split(String list) {
    return Arrays.stream(list.split(",", -1)).map(String::strip).toList();
  }
}
