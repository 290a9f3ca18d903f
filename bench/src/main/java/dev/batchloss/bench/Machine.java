package dev.batchloss.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where a report was made.
 *
 * @param processor the processor's own name, or its architecture where it is not told
 * @param processors how many of them this process may use
 * @param system the operating system
 * @param java the virtual machine
 * @param javaOptions the options that it and every fork was started with
 */
record Machine(
    String processor, int processors, String system, String java, List<String> javaOptions) {
  private static final Path CPUINFO = Path.of("/proc/cpuinfo");

  static Machine here() {
    return new Machine(
        processorName(),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.name") + " " + System.getProperty("os.arch"),
        System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"),
        List.copyOf(ManagementFactory.getRuntimeMXBean().getInputArguments()));
  }

  /** Returns how many processes wanted to run during the last minute, negative if unknown. */
  static double load() {
    return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
  }

  String text() {
    return "%s, %d processors, %s, %s with `%s`"
        .formatted(processor, processors, system, java, String.join(" ", javaOptions));
  }

  private static String processorName() {
    if (!Files.isReadable(CPUINFO)) {
      return System.getProperty("os.arch");
    }
    try (Stream<String> lines = Files.lines(CPUINFO)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
