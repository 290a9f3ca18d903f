package dev.batchloss.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.ArrayFiles;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class InspectCommandTest {
  @TempDir Path temp;

  @Test
  void printsTheKeysOfTheContract() throws IOException {
    Path file =
        ArrayFiles.floats(
            temp.resolve("a.npy"),
            new long[] {2, 3},
            1.5f,
            Float.NaN,
            Float.POSITIVE_INFINITY,
            -2,
            Float.NaN,
            Float.NEGATIVE_INFINITY);
    JsonNode json = CommandRun.of("inspect", file, "--json").json();
    assertThat(json.propertyNames())
        .containsExactly(
            "file",
            "shape",
            "elementType",
            "order",
            "bytes",
            "minimum",
            "maximum",
            "nan",
            "positiveInfinity",
            "negativeInfinity");
    assertThat(json.get("file").stringValue()).isEqualTo(file.toString());
    assertThat(json.get("shape").toString()).isEqualTo("[2,3]");
    assertThat(json.get("elementType").stringValue()).isEqualTo("float32");
    assertThat(json.get("order").stringValue()).isEqualTo("C");
    assertThat(json.get("bytes").longValue()).isEqualTo(24);
    assertThat(json.get("minimum").stringValue()).isEqualTo("-Infinity");
    assertThat(json.get("maximum").stringValue()).isEqualTo("Infinity");
    assertThat(json.get("nan").longValue()).isEqualTo(2);
    assertThat(json.get("positiveInfinity").longValue()).isEqualTo(1);
    assertThat(json.get("negativeInfinity").longValue()).isEqualTo(1);
  }

  @Test
  void numbersKeepTheirKind() throws IOException {
    Path integers = ArrayFiles.longs(temp.resolve("i.npy"), new long[] {2}, -7, Long.MAX_VALUE);
    JsonNode json = CommandRun.of("inspect", integers, "--json").json();
    assertThat(json.get("minimum").toString()).isEqualTo("-7");
    assertThat(json.get("maximum").toString()).isEqualTo("9223372036854775807");
    Path empty = ArrayFiles.floats(temp.resolve("e.npy"), new long[] {0, 2});
    assertThat(CommandRun.of("inspect", empty, "--json").json().get("minimum").isNull()).isTrue();
    Path fortran = ArrayFiles.fortranFloats(temp.resolve("f.npy"), 1, 2, 0.25f, 3);
    assertThat(CommandRun.of("inspect", fortran, "--json").json().get("order").stringValue())
        .isEqualTo("Fortran");
    assertThat(CommandRun.of("inspect", fortran).out())
        .containsPattern("array +1×2 float32")
        .containsPattern("minimum +0\\.25");
  }

  @Test
  void needsOneFile() {
    assertThat(CommandRun.of("inspect").exitCode()).isEqualTo(2);
  }
}
