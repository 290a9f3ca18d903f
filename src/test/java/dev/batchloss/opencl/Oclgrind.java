package dev.batchloss.opencl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Runs programs in JVMs of their own in which Oclgrind, a simulator that checks what kernels do, is
 * the only OpenCL platform. It checks every access against its buffer, finds data races and
 * divergent barriers and the misuse of the interface. It says so and goes on: what it wrote has to
 * be read, of kernels in its log and of the interface on standard error.
 */
final class Oclgrind {
  static final String PLATFORM = "Oclgrind";

  private static final String OUTPUT = ".out";
  private static final String ERRORS = ".err";
  private static final String LOG = ".log";
  private static final String LIBRARY = "liboclgrind-rt-icd.so";

  private final Path folder;

  /**
   * What a program left.
   *
   * @param output what it printed
   * @param findings what Oclgrind found, empty if nothing
   */
  record Run(String output, String findings) {}

  private Oclgrind(Path folder) {
    this.folder = folder;
  }

  /**
   * Finds it beside the command of its name; skips the test, or fails where that is required, if
   * there is none.
   *
   * @param folder an empty one, for files
   */
  static Oclgrind find(Path folder) throws IOException {
    TestDevice.find();
    Path library =
        commandFolders()
            .filter(bin -> Files.isExecutable(bin.resolve("oclgrind")))
            .flatMap(bin -> Stream.of("../lib/oclgrind", "../lib").map(bin::resolve))
            .map(lib -> lib.resolve(LIBRARY).normalize())
            .filter(Files::exists)
            .findFirst()
            .orElse(null);
    if (library == null) {
      throw TestDevice.missing("oclgrind is not installed: no " + LIBRARY + " beside a command");
    }
    Files.writeString(folder.resolve("oclgrind.icd"), library + "\n");
    return new Oclgrind(folder);
  }

  private static Stream<Path> commandFolders() {
    String path = System.getenv("PATH");
    return path == null
        ? Stream.empty()
        : Stream.of(path.split(File.pathSeparator, -1))
            .filter(entry -> !entry.isEmpty())
            .map(Path::of);
  }

  /** A program that is running. */
  final class Started {
    private final Process process;
    private final String name;

    private Started(Process process, String name) {
      this.process = process;
      this.name = name;
    }

    /** Waits for it; fails if it failed. */
    Run await() throws IOException, InterruptedException {
      int code = process.waitFor();
      String printed = Files.readString(file(name, OUTPUT));
      String findings =
          Files.readAllLines(file(name, ERRORS)).stream()
              .filter(line -> !line.startsWith("WARNING: Using incubator modules"))
              .map(line -> line + "\n")
              .collect(Collectors.joining());
      // Without findings there may be no file.
      if (Files.exists(file(name, LOG))) {
        findings += Files.readString(file(name, LOG));
      }
      assertThat(code).as("exit code\n%s\n%s", printed, findings).isZero();
      return new Run(printed, findings);
    }

    /** Ends it if it runs. */
    void stop() {
      process.destroyForcibly();
    }
  }

  /** Starts the main method of a class of the tests. */
  Started start(String name, List<String> options, Class<?> program, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectOutput(file(name, OUTPUT).toFile());
    builder.redirectError(file(name, ERRORS).toFile());
    Map<String, String> environment = builder.environment();
    environment.put("OCL_ICD_VENDORS", folder.toString());
    environment.put("OCLGRIND_DATA_RACES", "1");
    environment.put("OCLGRIND_CHECK_API", "1");
    environment.put("OCLGRIND_LOG", file(name, LOG).toString());
    // When its compiler inlines functions it makes calls that its interpreter does not know.
    environment.put("OCLGRIND_BUILD_OPTIONS", "-cl-opt-disable");
    return new Started(builder.start(), name);
  }

  private Path file(String name, String extension) {
    return folder.resolve(name + extension);
  }
}
