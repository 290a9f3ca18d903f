package dev.batchloss.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Timeout.ThreadMode.SEPARATE_THREAD;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs a copy of {@code bin/batchloss} in a folder with spaces. Where the command line itself does
 * not matter, a script that prints its arguments stands in for the JVM, and one that makes a jar
 * for Maven.
 */
@Tag("launcher")
@Timeout(value = 2, unit = MINUTES, threadMode = SEPARATE_THREAD)
class LauncherIT {
  private static final Path CHECKOUT = Path.of("").toAbsolutePath();
  private static final Instant LONG_AGO = Instant.parse("2001-01-01T00:00:00Z");

  /** The programs the launcher is written with; its PATH in these tests holds nothing else. */
  private static final List<String> TOOLS =
      List.of(
          "cat dirname find grep head ln mkdir mv readlink rm sed sleep tail touch".split(" ", -1));

  @TempDir Path temp;

  private Path copy;
  private Path path;
  private Path launcher;
  private final Map<String, String> environment = new LinkedHashMap<>();

  private record Run(int exitCode, String out, String err) {}

  @BeforeEach
  void copyLauncher() throws IOException {
    copy = Files.createDirectories(temp.resolve("a folder with spaces"));
    launcher = Files.createDirectory(copy.resolve("bin")).resolve("batchloss");
    Files.copy(CHECKOUT.resolve("bin/batchloss"), launcher, COPY_ATTRIBUTES);

    path = Files.createDirectory(temp.resolve("path"));
    for (String tool : TOOLS) {
      script(path.resolve(tool), "exec " + find(tool) + " \"$@\"");
    }
    environment.put("PATH", path.toString());
    environment.put("BATCHLOSS_JDK_PATH", temp.resolve("nothing").toString());
  }

  @Test
  void runsThePackagedProgramThroughSymbolicLinks() throws Exception {
    copyPackage();
    environment.put("BATCHLOSS_JAVA_HOME", System.getProperty("java.home"));
    Path first = Files.createSymbolicLink(temp.resolve("a link"), temp.relativize(launcher));
    Path elsewhere = Files.createDirectory(temp.resolve("else where"));
    launcher = Files.createSymbolicLink(elsewhere.resolve("second"), elsewhere.relativize(first));

    Run run = run("--help");

    assertThat(run.exitCode).as(run.err).isZero();
    assertThat(run.out).contains("batchloss");
  }

  @Test
  void passesTheExitCodeOfWrongUsageThrough() throws Exception {
    copyPackage();
    environment.put("BATCHLOSS_JAVA_HOME", System.getProperty("java.home"));

    assertThat(run("--no-such-option").exitCode).isEqualTo(2);
  }

  @Test
  void becomesTheJvmAndHandsArgumentsOnAsTheyAre() throws Exception {
    makePackage();
    environment.put("JAVA_HOME", jdk("jdk", "25.0.3").toString());
    environment.put("BATCHLOSS_JAVA_OPTS", "-Xmx1g -Dx=y");

    Process process = start("evaluate", "a b", "*", "");
    Run run = finish(process);

    assertThat(run.err).isEmpty();
    assertThat(run.out.lines())
        .startsWith("jdk " + process.pid())
        .containsSubsequence("-Xmx1g", "-Dx=y")
        .endsWith("dev.batchloss.cli.Main", "evaluate", "a b", "*", "");
    assertThat(run.exitCode).isEqualTo(42);
  }

  @Test
  void takesTheFirstJdkThatIsNewEnough() throws Exception {
    makePackage();
    Path folder = Files.createDirectory(temp.resolve("jdks"));
    jdk("jdks/old", "1.8.0_402");
    jdk("jdks/usual", "26");
    environment.put("BATCHLOSS_JDK_PATH", temp.resolve("nothing") + ":" + folder);
    assertThat(jdkTaken()).isEqualTo("usual");

    Path onPath = jdk("on path", "25.0.1");
    Files.createSymbolicLink(path.resolve("java"), onPath.resolve("bin/java"));
    assertThat(jdkTaken()).isEqualTo("on path");

    environment.put("JAVA_HOME", jdk("home", "25").toString());
    assertThat(jdkTaken()).isEqualTo("home");

    environment.put("BATCHLOSS_JAVA_HOME", jdk("own", "25.0.3").toString());
    assertThat(jdkTaken()).isEqualTo("own");

    environment.put("BATCHLOSS_JAVA_HOME", jdk("too old", "24.0.2").toString());
    assertThat(jdkTaken()).isEqualTo("home");
  }

  @Test
  void saysInOneLineWhereItLookedForJdks() throws Exception {
    makePackage();
    environment.put("JAVA_HOME", jdk("old", "17.0.1").toString());

    Run run = run("devices");

    assertThat(run.exitCode).isEqualTo(1);
    assertThat(run.out).isEmpty();
    assertThat(run.err.lines())
        .singleElement()
        .asString()
        .contains("JDK 25", "BATCHLOSS_JAVA_HOME", temp.resolve("old").toString(), "PATH")
        .contains(temp.resolve("nothing").toString());
  }

  @Test
  void saysThatMavenIsMissing() throws Exception {
    makeSources();
    environment.put("JAVA_HOME", jdk("jdk", "25").toString());

    Run run = run("devices");

    assertThat(run.exitCode).isEqualTo(1);
    assertThat(run.err.lines()).singleElement().asString().contains("Maven", "PATH", "install");
  }

  @Test
  void saysThatTheNetworkIsMissing() throws Exception {
    makeSources();
    environment.put("JAVA_HOME", jdk("jdk", "25").toString());
    script(path.resolve("mvn"), "echo '[ERROR] Could not transfer artifact x'; exit 1");

    Run run = run("devices");

    assertThat(run.exitCode).isEqualTo(1);
    assertThat(run.err).contains("connect to the network").contains("launcher-build.log");
  }

  @Test
  void showsWhyTheBuildFailed() throws Exception {
    makeSources();
    environment.put("JAVA_HOME", jdk("jdk", "25").toString());
    script(path.resolve("mvn"), "echo '[ERROR] Main.java: x expected'; exit 1");

    Run run = run("devices");

    assertThat(run.exitCode).isEqualTo(1);
    assertThat(run.err).contains("Main.java: x expected");
    assertThat(copy.resolve("target/launcher.lock")).doesNotExist();
  }

  @Test
  void buildsOnFirstUseAndWhenSourcesAreNewer() throws Exception {
    Path source = makeSources();
    environment.put("JAVA_HOME", jdk("jdk", "25").toString());
    maven("");

    Run first = run("devices");
    assertThat(first.out).startsWith("jdk");
    assertThat(first.err.lines()).singleElement().asString().contains("building with Maven");
    assertThat(builds()).isEqualTo(1);

    assertThat(run("devices").err).isEmpty();
    assertThat(builds()).isEqualTo(1);

    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(10)));
    assertThat(run("devices").err).contains("building with Maven");
    assertThat(builds()).isEqualTo(2);

    try (Stream<Path> files = Files.list(copy)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("bin", "pom.xml", "src", "target");
    }
  }

  @Test
  void buildsOnceForTwoProcesses() throws Exception {
    makeSources();
    environment.put("JAVA_HOME", jdk("jdk", "25").toString());
    Path gate = temp.resolve("gate");
    assertThat(new ProcessBuilder("mkfifo", gate.toString()).start().waitFor()).isZero();
    maven("read line <'" + gate + "'");

    Process builder = start("devices");
    BufferedReader builderError = builder.errorReader(UTF_8);
    assertThat(builderError.readLine()).contains("building with Maven");
    Process waiter = start("devices");
    BufferedReader waiterError = waiter.errorReader(UTF_8);
    assertThat(waiterError.readLine()).contains("waiting for process " + builder.pid());
    Files.writeString(gate, "go\n");

    assertThat(finish(builder).out).startsWith("jdk " + builder.pid());
    assertThat(finish(waiter).out).startsWith("jdk " + waiter.pid());
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void takesOverTheLockOfADeadProcess() throws Exception {
    makeSources();
    environment.put("JAVA_HOME", jdk("jdk", "25").toString());
    maven("");
    Process dead = new ProcessBuilder("true").start();
    dead.waitFor();
    Files.createDirectory(copy.resolve("target"));
    Files.createSymbolicLink(
        copy.resolve("target/launcher.lock"), Path.of(Long.toString(dead.pid())));

    assertThat(run("devices").out).startsWith("jdk");
    assertThat(builds()).isEqualTo(1);
    assertThat(copy.resolve("target/launcher.lock")).doesNotExist();
  }

  /** Copies what {@code mvn package} made. */
  private void copyPackage() throws IOException {
    Path library = Files.createDirectories(copy.resolve("target/lib"));
    List<Path> files = new ArrayList<>();
    for (String folder : List.of("target", "target/lib")) {
      try (Stream<Path> jars = Files.list(CHECKOUT.resolve(folder))) {
        jars.filter(jar -> jar.toString().endsWith(".jar")).forEach(files::add);
      }
    }
    for (Path jar : files) {
      boolean own = jar.getFileName().toString().startsWith("batchloss-");
      Files.copy(jar, (own ? library.getParent() : library).resolve(jar.getFileName()));
    }
  }

  private void makePackage() throws IOException {
    Files.createDirectories(copy.resolve("target/lib"));
    Files.createFile(copy.resolve("target/batchloss-1.jar"));
  }

  /** Makes a checkout with one source, which is returned. */
  private Path makeSources() throws IOException {
    Path folder = Files.createDirectories(copy.resolve("src/main/java"));
    Path source = Files.createFile(folder.resolve("Main.java"));
    Path pom = Files.createFile(copy.resolve("pom.xml"));
    for (Path file : List.of(source, pom, folder, folder.getParent())) {
      Files.setLastModifiedTime(file, FileTime.from(LONG_AGO));
    }
    return source;
  }

  /** Puts a Maven on PATH that runs the given commands and makes an empty jar. */
  private void maven(String commands) throws IOException {
    script(
        path.resolve("mvn"),
        commands,
        "echo built >>'" + temp.resolve("builds") + "'",
        "mkdir -p '" + copy + "/target/lib'",
        ": >'" + copy + "/target/batchloss-1.jar'");
  }

  private int builds() throws IOException {
    return Files.readAllLines(temp.resolve("builds")).size();
  }

  /** Makes something that looks like a JDK, whose java prints its name, process and arguments. */
  private Path jdk(String name, String version) throws IOException {
    Path home = temp.resolve(name);
    Files.createDirectories(home.resolve("bin"));
    Files.writeString(
        home.resolve("release"),
        "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\nOS_NAME=\"y\"\n");
    script(
        home.resolve("bin/java"),
        "echo \"" + home.getFileName() + " $$\"",
        "printf '%s\\n' \"$@\"",
        "exit 42");
    script(home.resolve("bin/javac"), "exit 1");
    return home;
  }

  private String jdkTaken() throws Exception {
    Run run = run("devices");
    assertThat(run.out).as(run.err).isNotEmpty();
    return run.out.lines().findFirst().orElseThrow().replaceFirst(" \\d+$", "");
  }

  private static void script(Path file, String... commands) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + String.join("\n", commands) + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private static Path find(String program) {
    return Stream.of(System.getenv("PATH").split(":", -1))
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + program + " on PATH"));
  }

  private Run run(String... arguments) throws Exception {
    return finish(start(arguments));
  }

  private Process start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(temp.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    return builder.start();
  }

  /** Waits for the end. What a process writes here fits in a pipe, so the order does not matter. */
  private static Run finish(Process process) throws Exception {
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), UTF_8);
    return new Run(process.waitFor(), out, err);
  }
}
