package dev.batchloss.cli;

import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Timeout.ThreadMode.SEPARATE_THREAD;

import dev.batchloss.RequiredBackends;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs {@code bin/batchloss} on an OpenCL device as a user would. */
@Tag("launcher")
@Timeout(value = 5, unit = MINUTES, threadMode = SEPARATE_THREAD)
class OpenClIT {
  private static final String OPENCL = "opencl";
  private static final Path DIGITS = Path.of("examples/digits");
  private static final String LOGITS = "--logits=" + DIGITS.resolve("logits.npy");
  private static final String LABELS = "--targets=" + DIGITS.resolve("labels.npy");

  @TempDir Path temp;

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "gpu"})
  void givesTheLossOfTheDigitsWithEitherKernels(String kernels) throws Exception {
    JsonNode device = device();
    LauncherRun run =
        LauncherRun.of(
            Map.of("BATCHLOSS_JAVA_OPTS", "-Dbatchloss.opencl.kernels=" + kernels),
            "evaluate",
            LOGITS,
            LABELS,
            "--backend=opencl",
            "--json");
    assertThat(run.exitCode()).as(run.err() + run.out()).isZero();
    JsonNode json = run.json();
    JsonNode expected = new JsonMapper().readTree(DIGITS.resolve("expected.json"));
    assertThat(json.get("loss").doubleValue()).isCloseTo(0.1627649, within(1e-6));
    assertThat(json.at("/metrics/accuracy").doubleValue())
        .isEqualTo(expected.get("accuracy").doubleValue());
    assertThat(json.at("/metrics/entropy").doubleValue())
        .isCloseTo(expected.get("mean_predictive_entropy").doubleValue(), within(1e-6));
    assertThat(json.get("backend")).isEqualTo(device.get("name"));
    assertThat(json.get("backendDetail")).isEqualTo(device.get("detail"));
    assertThat(json.get("passedOver")).isEmpty();
  }

  /** Warnings of the JVM about native access would tell that the launcher lacks its option. */
  @Test
  void theLauncherLeavesNothingToWarnOf() throws Exception {
    device();
    LauncherRun run =
        LauncherRun.of(Map.of("BATCHLOSS_BACKEND", OPENCL), "evaluate", LOGITS, LABELS);
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).containsPattern("loss +0\\.1627649").contains("opencl:");
    assertThat(run.err().lines())
        .filteredOn(line -> !line.contains("Using incubator modules"))
        .isEmpty();
  }

  @Test
  void threadsAndChunksChangeNoBit() throws Exception {
    device();
    LauncherRun whole = evaluateInto("whole");
    assertThat(whole.exitCode()).as(whole.err()).isZero();
    for (String option : List.of("--chunk-rows=1", "--chunk-rows=100", "--threads=1")) {
      LauncherRun cut = evaluateInto("cut", option);
      assertThat(cut.out()).as(option + cut.err()).isEqualTo(whole.out());
      for (String file : List.of("rows", "gradient")) {
        assertThat(temp.resolve("cut " + file + ".npy"))
            .as(option)
            .hasSameBinaryContentAs(temp.resolve("whole " + file + ".npy"));
      }
    }
  }

  @Test
  void badDataEndsWithThree() throws Exception {
    device();
    Path gradient = temp.resolve("gradient.npy");
    LauncherRun run =
        run(
            "evaluate",
            LOGITS,
            "--targets=" + DIGITS.resolve("logits.npy"),
            "--gradient=" + gradient,
            "--backend=opencl");
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.err()).contains("logits.npy", "row 0");
    assertThat(gradient).doesNotExist();
  }

  @Test
  void autoPassesOverADeviceThatIsNoGpu() throws Exception {
    JsonNode device = device();
    assumeFalse(device.get("chosen").booleanValue(), "there is a GPU, which auto takes");
    JsonNode json = run("evaluate", LOGITS, LABELS, "--json").json();
    assertThat(json.get("backend").stringValue()).isEqualTo("cpu");
    JsonNode passedOver =
        named(json.get("passedOver"), "backend", device.get("name").stringValue());
    assertThat(passedOver).isNotNull();
    assertThat(passedOver.get("reason")).isEqualTo(device.get("reason"));
    assertThat(device.get("reason").stringValue())
        .contains("only taken when asked for: --backend " + device.get("name").stringValue());
  }

  @Test
  void whereThereIsNoPlatformEveryCommandSaysSo() throws Exception {
    device();
    Map<String, String> withoutPlatform = Map.of("OCL_ICD_VENDORS", temp.toString());
    String reason = "the OpenCL loader finds no platform";
    JsonNode devices = LauncherRun.of(withoutPlatform, "devices", "--json").json();
    JsonNode opencl = named(devices, "name", OPENCL);
    assertThat(opencl).isNotNull();
    assertThat(opencl.get("available").booleanValue()).isFalse();
    assertThat(opencl.get("reason").stringValue()).startsWith(reason);

    JsonNode auto =
        LauncherRun.of(withoutPlatform, "evaluate", LOGITS, LABELS, "--backend=auto", "--json")
            .json();
    assertThat(auto.get("backend").stringValue()).isEqualTo("cpu");
    JsonNode passedOver = named(auto.get("passedOver"), "backend", OPENCL);
    assertThat(passedOver).isNotNull();
    assertThat(passedOver.get("reason").stringValue()).startsWith(reason);

    LauncherRun asked =
        LauncherRun.of(withoutPlatform, "evaluate", LOGITS, LABELS, "--backend=opencl");
    assertThat(asked.exitCode()).isEqualTo(4);
    assertThat(asked.err()).contains("opencl: " + reason, "cpu: available");
  }

  @Test
  void benchMeasuresADeviceThatIsOnlyTakenOnRequest() throws Exception {
    String name = device().get("name").stringValue();
    JsonNode json = run("bench", "--shape=64x10", "--seconds=0.5", "--json").json();
    List<String> measured = new ArrayList<>();
    for (JsonNode result : json.get("results")) {
      if (result.get("backend").stringValue().equals(name)) {
        measured.add(result.get("memory").stringValue() + " " + result.get("task").stringValue());
        assertThat(result.get("seconds").doubleValue()).isPositive();
      }
    }
    assertThat(measured)
        .containsExactly(
            "heap loss",
            "heap gradient",
            "heap gradientInPlace",
            "native loss",
            "native gradient",
            "native gradientInPlace",
            "device loss",
            "device gradient",
            "device gradientInPlace");
  }

  /** The first OpenCL device; without one the test is skipped, or fails where it is required. */
  private static JsonNode device() throws Exception {
    JsonNode devices = run("devices", "--json").json();
    String reason = "no backend is named opencl";
    for (JsonNode device : devices) {
      if (device.get("name").stringValue().startsWith(OPENCL)) {
        if (device.get("available").booleanValue()) {
          return device;
        }
        reason = "no OpenCL device can run: " + device.get("reason").stringValue();
      }
    }
    RequiredBackends.skipOrFail(OPENCL, reason);
    throw new AssertionError(reason);
  }

  private static @Nullable JsonNode named(JsonNode array, String key, String value) {
    for (JsonNode element : Objects.requireNonNull(array)) {
      if (element.get(key).stringValue().equals(value)) {
        return element;
      }
    }
    return null;
  }

  private LauncherRun evaluateInto(String name, String... options) throws Exception {
    for (String file : List.of("rows", "gradient")) {
      Files.deleteIfExists(temp.resolve(name + " " + file + ".npy"));
    }
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "evaluate",
                LOGITS,
                LABELS,
                "--backend=opencl:0",
                "--per-row=" + temp.resolve(name + " rows.npy"),
                "--gradient=" + temp.resolve(name + " gradient.npy"),
                "--quiet"));
    arguments.addAll(List.of(options));
    return run(arguments.toArray(String[]::new));
  }

  private static LauncherRun run(String... arguments) throws Exception {
    return LauncherRun.of(Map.of(), arguments);
  }
}
