package dev.batchloss;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a program printed that ran in a JVM of its own.
 *
 * @param exitCode what it ended with
 * @param output what it printed on standard output
 */
public record ChildJvm(int exitCode, String output) {
  /**
   * Runs a program with the class path of this JVM.
   *
   * @param environment variables besides those of this process
   * @param options of the JVM
   */
  public static ChildJvm run(Class<?> program, Map<String, String> environment, String... options)
      throws IOException, InterruptedException {
    return run(program, List.of(), environment, options);
  }

  /**
   * Runs a program with the class path of this JVM.
   *
   * @param arguments of the program
   * @param environment variables besides those of this process
   * @param options of the JVM
   */
  public static ChildJvm run(
      Class<?> program, List<String> arguments, Map<String, String> environment, String... options)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().remove("BATCHLOSS_BACKEND");
    builder.environment().putAll(environment);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    return new ChildJvm(process.waitFor(), output);
  }
}
