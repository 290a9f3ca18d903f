package dev.batchloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.batchloss.data.BackendUnavailableException;
import dev.batchloss.data.DeviceException;
import dev.batchloss.data.Matrix;
import dev.batchloss.spi.Backend;
import dev.batchloss.spi.BackendOffer;
import dev.batchloss.spi.BackendOffer.Preference;
import dev.batchloss.spi.BackendOptions;
import dev.batchloss.spi.RowOutcome;
import dev.batchloss.spi.RowRequest;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BackendChoiceTest {
  private static final BackendOffer CUDA =
      BackendOffer.unavailable("cuda:0", Preference.CUDA_GPU, "no driver");
  private static final BackendOffer SECOND_CUDA = available("cuda:1", Preference.CUDA_GPU);
  private static final BackendOffer CPU = available("cpu", Preference.VECTOR_CPU);
  private static final BackendOffer NO_CPU =
      BackendOffer.unavailable("cpu", Preference.VECTOR_CPU, "no vectors");
  private static final BackendOffer SCALAR = available("scalar", Preference.SCALAR_CPU);
  private static final BackendOffer EMULATED =
      new BackendOffer(
          "opencl:0",
          Preference.ON_REQUEST,
          "a processor",
          "not a GPU",
          options -> {
            throw new AssertionError("opened");
          });

  private static BackendOffer available(String name, Preference preference) {
    return BackendOffer.available(
        name,
        preference,
        "runs " + name,
        options -> {
          throw new AssertionError("opened");
        });
  }

  private static String chosen(String wanted, BackendOffer... offers) {
    return BackendChoice.among(List.of(offers), wanted).chosen().name();
  }

  private static List<String> passedOver(String wanted, BackendOffer... offers) {
    return BackendChoice.among(List.of(offers), wanted).passedOver().stream()
        .map(status -> status.name() + ": " + status.reason())
        .toList();
  }

  @AfterEach
  void forgetProperty() {
    System.clearProperty(BackendChoice.PROPERTY);
  }

  @Test
  void autoTakesTheFirstThatCanRun() {
    assertThat(chosen("auto", CUDA, CPU, SCALAR)).isEqualTo("cpu");
    assertThat(chosen("auto", CUDA, SECOND_CUDA, CPU)).isEqualTo("cuda:1");
    assertThat(chosen("auto", CUDA, NO_CPU, SCALAR)).isEqualTo("scalar");
  }

  @Test
  void whatIsPassedOverIsToldWithItsReason() {
    assertThat(passedOver("auto", CUDA, NO_CPU, SCALAR, EMULATED))
        .containsExactly("cuda:0: no driver", "cpu: no vectors", "opencl:0: not a GPU");
    assertThat(passedOver("auto", CUDA, SECOND_CUDA, CPU)).containsExactly("cuda:0: no driver");
    assertThat(passedOver("auto", CPU, SCALAR)).isEmpty();
    assertThat(passedOver("scalar", CUDA, CPU, SCALAR)).isEmpty();
  }

  @Test
  void oneTakenUnaskedThatFailsToOpenIsPassedOver() {
    Backend works = new StandInBackend();
    BackendOffer failing =
        opening("opencl:0", Preference.OPENCL_GPU, BackendChoiceTest::loseDevice);
    BackendOffer working = opening("cpu", Preference.VECTOR_CPU, () -> works);

    BackendChoice.Opened opened =
        BackendChoice.among(List.of(failing, working), "auto").open(BackendOptions.DEFAULT);

    assertThat(opened.backend()).isSameAs(works);
    assertThat(opened.choice().passedOver())
        .singleElement()
        .satisfies(
            status -> {
              assertThat(status.name()).isEqualTo("opencl:0");
              assertThat(status.reason()).contains("opening", "CL_OUT_OF_RESOURCES");
            });
  }

  @Test
  void oneAskedForThatFailsToOpenIsAnError() {
    BackendOffer failing =
        opening("opencl:0", Preference.OPENCL_GPU, BackendChoiceTest::loseDevice);
    BackendOffer working =
        opening(
            "opencl:1",
            Preference.OPENCL_GPU,
            () -> {
              throw new AssertionError("opened");
            });
    BackendChoice choice = BackendChoice.among(List.of(failing, working), "opencl:0");
    assertThatExceptionOfType(DeviceException.class)
        .isThrownBy(() -> choice.open(BackendOptions.DEFAULT));
  }

  @Test
  void whereEveryOneFailsToOpenTheReasonsAreListed() {
    BackendOffer failing =
        opening("opencl:0", Preference.OPENCL_GPU, BackendChoiceTest::loseDevice);
    BackendChoice choice = BackendChoice.among(List.of(failing, NO_CPU), "auto");
    assertThatExceptionOfType(BackendUnavailableException.class)
        .isThrownBy(() -> choice.open(BackendOptions.DEFAULT))
        .withMessageContaining("CL_OUT_OF_RESOURCES")
        .withMessageContaining("no vectors");
  }

  private static BackendOffer opening(
      String name, Preference preference, Supplier<Backend> backend) {
    return BackendOffer.available(name, preference, "", options -> backend.get());
  }

  private static Backend loseDevice() {
    throw new DeviceException(-5, "CL_OUT_OF_RESOURCES", "opening");
  }

  private static final class StandInBackend implements Backend {
    @Override
    public String name() {
      return "cpu";
    }

    @Override
    public String detail() {
      return "";
    }

    @Override
    public RowOutcome run(RowRequest<Matrix> request) {
      throw new AssertionError("run");
    }

    @Override
    public void close() {}
  }

  @Test
  void whatRunsOnlyOnRequestIsNeverTakenUnasked() {
    assertThat(chosen("auto", EMULATED, SCALAR)).isEqualTo("scalar");
    assertThat(chosen("opencl", SCALAR, EMULATED)).isEqualTo("opencl:0");
    assertThat(chosen("opencl:0", SCALAR, EMULATED)).isEqualTo("opencl:0");
    assertThatExceptionOfType(BackendUnavailableException.class)
        .isThrownBy(() -> chosen("auto", CUDA, EMULATED))
        .withMessage(
            """
            backend 'auto' is not available
              cuda:0: no driver
              opencl:0: available (a processor)\
            """);
  }

  @Test
  void aFamilyMeansItsFirstThatCanRun() {
    assertThat(chosen("cuda", CUDA, SECOND_CUDA, CPU)).isEqualTo("cuda:1");
    assertThatExceptionOfType(BackendUnavailableException.class)
        .isThrownBy(() -> chosen("c", CUDA, SECOND_CUDA, CPU));
    assertThatExceptionOfType(BackendUnavailableException.class)
        .isThrownBy(() -> chosen("", CUDA, SECOND_CUDA, CPU));
  }

  @Test
  void whatCannotRunIsNeverReplaced() {
    assertThatExceptionOfType(BackendUnavailableException.class)
        .isThrownBy(() -> chosen("cuda", CUDA, CPU))
        .withMessage(
            """
            backend 'cuda' is not available
              cuda:0: no driver
              cpu: available (runs cpu)\
            """);
    assertThatExceptionOfType(BackendUnavailableException.class)
        .isThrownBy(() -> chosen("CPU", CPU))
        .withMessage(
            """
            backend 'CPU' is not available: there is none of that name
              cpu: available (runs cpu)\
            """);
  }

  @Test
  void allAreListedAndTheChosenMarked() {
    assertThat(BackendChoice.among(List.of(CUDA, CPU, SCALAR), "auto").all())
        .containsExactly(
            new BackendStatus("cuda:0", false, false, "", "no driver"),
            new BackendStatus("cpu", true, true, "runs cpu", null),
            new BackendStatus("scalar", true, false, "runs scalar", null));
  }

  @Test
  void theInstalledBackendsAreFoundInOrder() {
    List<BackendStatus> backends = BatchLoss.backends();
    assertThat(backends).extracting(BackendStatus::name).contains("scalar");
    assertThat(backends).filteredOn(BackendStatus::chosen).hasSize(1);
    assertThat(backends).allMatch(backend -> backend.available() || backend.reason() != null);
    assertThat(BackendChoice.offers())
        .extracting(BackendOffer::preference)
        .isSortedAccordingTo(Preference::compareTo);
  }

  @Test
  void oneFoundByItsNameKnowsTheOthersWhenTheyAreWanted() {
    BackendChoice choice = BackendChoice.of("scalar");
    assertThat(choice.all())
        .extracting(BackendStatus::name)
        .isEqualTo(BackendChoice.offers().stream().map(BackendOffer::name).toList());
    assertThat(choice.all())
        .filteredOn(BackendStatus::chosen)
        .extracting(BackendStatus::name)
        .containsExactly("scalar");
    BackendChoice.Opened next = choice.open(BackendOptions.DEFAULT).openNext("lost");
    next.backend().close();
    assertThat(next.backend().name()).isNotEqualTo("scalar");
    assertThat(next.choice().passedOver())
        .filteredOn(status -> status.name().equals("scalar"))
        .extracting(BackendStatus::reason)
        .containsExactly("lost");
  }

  @Test
  void thePropertyForcesABackend() {
    System.setProperty(BackendChoice.PROPERTY, "scalar");
    try (BatchLoss engine = BatchLoss.open()) {
      assertThat(engine.backend().name()).isEqualTo("scalar");
      assertThat(engine.passedOver()).isEmpty();
    }
    System.setProperty(BackendChoice.PROPERTY, "abacus");
    assertThatExceptionOfType(BackendUnavailableException.class)
        .isThrownBy(BatchLoss::open)
        .withMessageContaining("backend 'abacus' is not available: there is none of that name")
        .withMessageContaining("\n  scalar: available");
    try (BatchLoss engine = BatchLoss.open("scalar")) {
      assertThat(engine.backend().name()).isEqualTo("scalar");
    }
    System.setProperty(BackendChoice.PROPERTY, " ");
    BatchLoss.open().close();
  }

  @Test
  void theEnvironmentVariableForcesABackendAndThePropertyGoesBeforeIt()
      throws IOException, InterruptedException {
    Map<String, String> environment = Map.of(BackendChoice.VARIABLE, "abacus");
    assertThat(OpenAndPrint.run(environment)).contains("backend 'abacus' is not available");
    assertThat(OpenAndPrint.run(environment, "-D" + BackendChoice.PROPERTY + "=scalar"))
        .contains("opened scalar");
    assertThat(OpenAndPrint.run(Map.of(BackendChoice.VARIABLE, "scalar")))
        .contains("opened scalar");
    assertThat(OpenAndPrint.run(Map.of(BackendChoice.VARIABLE, ""))).contains("opened ");
  }

  /** A program of its own, since a JVM cannot change its environment. */
  static final class OpenAndPrint {
    private OpenAndPrint() {}

    public static void main(String[] arguments) {
      try (BatchLoss engine = BatchLoss.open()) {
        System.out.println("opened " + engine.backend().name());
      } catch (BackendUnavailableException e) {
        System.out.println(e.getMessage());
      }
    }

    static String run(Map<String, String> environment, String... options)
        throws IOException, InterruptedException {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(List.of(options));
      command.addAll(
          List.of(
              "-cp", folder(BatchLoss.class) + File.pathSeparator + folder(OpenAndPrint.class)));
      command.add(OpenAndPrint.class.getName());
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().remove(BackendChoice.VARIABLE);
      builder.environment().putAll(environment);
      Process process = builder.start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
      return output;
    }

    private static String folder(Class<?> type) {
      try {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
      } catch (URISyntaxException e) {
        throw new AssertionError(e);
      }
    }
  }
}
