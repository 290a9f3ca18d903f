package dev.batchloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's code and the examples compile and do what they say; links lead somewhere. */
class DocumentationTest {
  private static final Pattern JAVA_BLOCK = Pattern.compile("(?s)```java\n(.*?)```");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#]+)(?:#[^)]*)?\\)");

  private static String classPath() {
    return Stream.of(BatchLoss.class, NullMarked.class)
        .map(
            type -> {
              try {
                return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
              } catch (URISyntaxException e) {
                throw new AssertionError(e);
              }
            })
        .map(Path::toString)
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static void compile(Path folder, String className, String source) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    assumeTrue(compiler != null, "this JVM has no compiler");
    StringWriter messages = new StringWriter();
    boolean compiled =
        compiler
            .getTask(
                messages,
                null,
                null,
                List.of("-d", folder.toString(), "-cp", classPath(), "-proc:none"),
                null,
                List.of(
                    new SimpleJavaFileObject(
                        URI.create("string:///" + className + ".java"),
                        SimpleJavaFileObject.Kind.SOURCE) {
                      @Override
                      public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                        return source;
                      }
                    }))
            .call();
    assertThat(compiled).as("%s%n%s", messages, source).isTrue();
  }

  private static List<String> readmesBlocks() throws IOException {
    return JAVA_BLOCK
        .matcher(Files.readString(Path.of("README.md")))
        .results()
        .map(match -> match.group(1))
        .toList();
  }

  private static List<String> readmesPrograms() throws IOException {
    List<String> programs =
        readmesBlocks().stream().filter(block -> !block.startsWith("import ")).toList();
    assertThat(programs).hasSize(2);
    return programs;
  }

  @Test
  void theReadmesFacadesAgree(@TempDir Path folder)
      throws IOException, ReflectiveOperationException {
    String source =
        """
        import dev.batchloss.compat.*;

        public class ReadmeFacades {
          public static double[] run() {
        %s
            return new double[] {mean, keras, gradient.toDoubles()[0]};
          }
        }
        """
            .formatted(readmesPrograms().get(1));
    compile(folder, "ReadmeFacades", source);
    double[] results;
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {folder.toUri().toURL()}, BatchLoss.class.getClassLoader())) {
      results = (double[]) loader.loadClass("ReadmeFacades").getMethod("run").invoke(null);
    }
    double first = Math.log(Math.exp(2) + Math.exp(-1) + Math.exp(0.5));
    double second = Math.log(1 + Math.exp(3) + Math.exp(1)) - 3;
    assertThat(results[0]).isCloseTo((first - 2 + second) / 2, within(1e-6));
    assertThat(results[1]).isCloseTo(results[0], within(1e-6));
    assertThat(results[2]).isCloseTo((Math.exp(2 - first) - 0.9 - 0.1 / 3) / 2, within(1e-6));
  }

  @Test
  void theReadmesExampleComputesTheGradient(@TempDir Path folder)
      throws IOException, ReflectiveOperationException {
    List<String> programs = readmesPrograms();
    String imports =
        readmesBlocks().stream()
            .flatMap(String::lines)
            .filter(line -> line.startsWith("import "))
            .collect(Collectors.joining("\n"));
    String source =
        """
        %s

        public class ReadmeExample {
          public static void run(
              float[] logits, int rows, int classes, int[] labels, float[] gradient) {
        %s
          }
        }
        """
            .formatted(imports, programs.getFirst());
    compile(folder, "ReadmeExample", source);
    float[] logits = {0, 0, 1, (float) Math.log(3), 9, 9};
    float[] gradient = new float[6];
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {folder.toUri().toURL()}, BatchLoss.class.getClassLoader())) {
      Method run =
          loader
              .loadClass("ReadmeExample")
              .getMethod("run", float[].class, int.class, int.class, int[].class, float[].class);
      run.invoke(null, logits, 3, 2, new int[] {1, 0, -100}, gradient);
    }
    double top = 1 / (1 + Math.exp(1 - Math.log(3)));
    double[] expected = {0.25, -0.25, (1 - top - 1) / 2, top / 2, 0, 0};
    for (int i = 0; i < 6; i++) {
      assertThat((double) gradient[i]).isCloseTo(expected[i], within(1e-6));
    }
  }

  @Test
  void theGradientExampleRunsFromItsSourceOnTheCpu() throws IOException, InterruptedException {
    String output = run("examples/GradientExample.java");
    assertThat(output).contains("backend cpu");
    List<Double> losses =
        Pattern.compile("loss ([0-9.]+)")
            .matcher(output)
            .results()
            .map(MatchResult::group)
            .map(text -> Double.valueOf(text.substring(5)))
            .toList();
    assertThat(losses).hasSize(5);
    assertThat(losses.getFirst()).isCloseTo(Math.log(3), within(1e-4));
    assertThat(losses.getLast()).isLessThan(0.5);
  }

  @Test
  void everyLinkToAFileLeadsToOne() throws IOException {
    List<Path> pages = new ArrayList<>(List.of(Path.of("README.md")));
    for (String folder : List.of("docs", "examples")) {
      try (Stream<Path> files = Files.walk(Path.of(folder))) {
        files.filter(file -> file.toString().endsWith(".md")).forEach(pages::add);
      }
    }
    for (Path page : pages) {
      LINK.matcher(Files.readString(page))
          .results()
          .map(match -> match.group(1))
          .filter(target -> !target.contains("://"))
          .forEach(
              target ->
                  assertThat(page.resolveSibling(target)).as("linked from %s", page).exists());
    }
  }

  /** Starts a program as the README says, with the committed file of arguments. */
  private static String run(String program) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@bin/batchloss.args",
                "-cp",
                classPath(),
                program)
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
