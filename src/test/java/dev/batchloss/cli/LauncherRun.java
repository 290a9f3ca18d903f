package dev.batchloss.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a run of {@code bin/batchloss} left behind, as a user would start it.
 *
 * @param exitCode what the process ended with
 * @param out standard output
 * @param err standard error
 */
record LauncherRun(int exitCode, String out, String err) {
  /**
   * Runs the launcher of this checkout; the jar has been built before.
   *
   * @param variables of the environment, besides what there is
   */
  static LauncherRun of(Map<String, String> variables, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("bin/batchloss"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().remove("BATCHLOSS_BACKEND");
    builder.environment().put("BATCHLOSS_JAVA_HOME", System.getProperty("java.home"));
    builder.environment().putAll(variables);
    Process process = builder.start();
    process.getOutputStream().close();
    // What is written here fits in a pipe, so that the order of reading does not matter.
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), UTF_8);
    return new LauncherRun(process.waitFor(), out, err);
  }

  /** Standard output as JSON. */
  JsonNode json() {
    return new JsonMapper().readTree(out);
  }
}
