package dev.batchloss.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Java has no generics over primitive types: {@link DoubleKernel} is {@link FloatKernel}, and
 * {@link DoubleSumExp} {@link FloatSumExp}, with other words. This holds the two together, so that
 * no one mends a loop in one of them only.
 */
class KernelTwinsTest {
  private static final Path PACKAGE = Path.of("src/main/java/dev/batchloss/cpu");

  /** In this order: the longer words first. */
  private static final Map<String, String> WORDS = new LinkedHashMap<>();

  static {
    WORDS.put("\\(float\\)", "");
    WORDS.put("moreFloat", "moreDouble");
    WORDS.put("FLOAT", "DOUBLE");
    WORDS.put("Float", "Double");
    WORDS.put("float", "double");
    WORDS.put("\\b0f\\b", "0.0");
    WORDS.put("IntVector", "LongVector");
    WORDS.put("reinterpretAsInts", "reinterpretAsLongs");
    WORDS.put("IntBits", "LongBits");
    WORDS.put("intgreatest", "longgreatest");
    WORDS.put("intTOO_GREAT", "longTOO_GREAT");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Kernel", "SumExp"})
  void theLoopsOverDoublesAreTheLoopsOverFloats(String name) throws IOException {
    String floats = code("Float" + name + ".java");
    for (Map.Entry<String, String> word : WORDS.entrySet()) {
      floats = floats.replaceAll(word.getKey(), word.getValue());
    }
    assertThat(code("Double" + name + ".java")).isEqualTo(withoutSpace(floats));
  }

  @Test
  void aDifferenceShows() throws IOException {
    String floats = code("FloatKernel.java");
    assertThat(floats).contains("sum=sum.add(");
    assertThat(withoutSpace(floats.replace("sum=sum.add(", "sum=sum.sub("))).isNotEqualTo(floats);
  }

  /** From the class's own opening brace on, so that comments before it may differ. */
  private static String code(String file) throws IOException {
    String source = Files.readString(PACKAGE.resolve(file));
    return withoutSpace(source.substring(source.indexOf("final class")));
  }

  private static String withoutSpace(String source) {
    return source.replaceAll("\\s+", "");
  }
}
