package dev.batchloss.nativetest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What a test run needs of a file in native-test/mutants; the rest is the stand-in's.
 *
 * @param name the file's, without its ending
 * @param settings the stand-in's variables that it is tried with
 * @param killers the tests that must fail, as {@link TestGroup} takes them
 * @param evidence what has to be found in what these print or the stand-in reports
 */
record Mutant(String name, Map<String, String> settings, List<String> killers, Pattern evidence) {
  private static final String ENDING = ".mutant";

  /** Reads all of a folder, in the order of their names. */
  static List<Mutant> in(Path folder) throws IOException {
    List<Mutant> mutants = new ArrayList<>();
    try (var files = Files.newDirectoryStream(folder, "*" + ENDING)) {
      for (Path file : files) {
        mutants.add(read(file));
      }
    }
    mutants.sort((a, b) -> a.name.compareTo(b.name));
    return mutants;
  }

  @Override
  public String toString() {
    return name;
  }

  private static Mutant read(Path file) throws IOException {
    Map<String, String> settings = new TreeMap<>();
    List<String> killers = new ArrayList<>();
    List<Pattern> evidence = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      String[] entry = line.split(":", 2);
      String value = entry[1].strip();
      switch (entry[0].strip()) {
        case "with" -> {
          String[] setting = value.split("=", 2);
          settings.put(setting[0], setting[1]);
        }
        case "killed by" -> killers.addAll(List.of(value.split("\\s+")));
        case "shows" -> evidence.add(Pattern.compile(value));
        default -> {}
      }
    }
    if (killers.isEmpty() || evidence.size() != 1) {
      throw new IOException(file + ": it needs \"killed by\", and \"shows\" once");
    }
    String name = file.getFileName().toString();
    return new Mutant(
        name.substring(0, name.length() - ENDING.length()), settings, killers, evidence.getFirst());
  }
}
