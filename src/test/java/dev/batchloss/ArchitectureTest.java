package dev.batchloss;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Map;
import java.util.Set;

/** Holds the floors: a package imports only from floors below it. */
@AnalyzeClasses(packages = ArchitectureTest.ROOT, importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  static final String ROOT = "dev.batchloss";

  private static final Map<String, Integer> FLOORS =
      Map.ofEntries(
          Map.entry("data", 0),
          Map.entry("plan", 1),
          Map.entry("io", 1),
          Map.entry("information", 1),
          Map.entry("spi", 2),
          Map.entry("device", 3),
          Map.entry("loss", 4),
          Map.entry("scalar", 4),
          Map.entry("cpu", 4),
          Map.entry("cuda", 4),
          Map.entry("opencl", 4),
          Map.entry("", 5),
          Map.entry("evaluate", 6),
          Map.entry("compat", 6),
          Map.entry("cli", 7));

  private static final Set<String> BACKENDS = Set.of("scalar", "cpu", "cuda", "opencl");

  @ArchTest
  static final ArchRule EVERY_PACKAGE_IS_ON_A_FLOOR =
      classes()
          .should(
              new ArchCondition<JavaClass>("be in a package that has a floor") {
                @Override
                public void check(JavaClass type, ConditionEvents events) {
                  events.add(
                      new SimpleConditionEvent(
                          type,
                          FLOORS.containsKey(part(type)),
                          type.getName() + " is in a package without a floor"));
                }
              });

  @ArchTest
  static final ArchRule IMPORTS_COME_FROM_FLOORS_BELOW =
      classes()
          .should(
              new ArchCondition<JavaClass>("import only from floors below and from no backend") {
                @Override
                public void check(JavaClass type, ConditionEvents events) {
                  type.getDirectDependenciesFromSelf().stream()
                      .filter(dependency -> isOurs(dependency.getTargetClass()))
                      .forEach(
                          dependency ->
                              events.add(
                                  new SimpleConditionEvent(
                                      type, isAllowed(dependency), dependency.getDescription())));
                }
              });

  @ArchTest
  static final ArchRule ONLY_CPU_USES_THE_VECTOR_API =
      noClasses()
          .that()
          .resideOutsideOfPackage(ROOT + ".cpu..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("jdk.incubator.vector..");

  @ArchTest
  static final ArchRule ONLY_OPENCL_USES_JOCL =
      noClasses()
          .that()
          .resideOutsideOfPackage(ROOT + ".opencl..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.jocl..");

  @ArchTest
  static final ArchRule ONLY_CUDA_USES_JCUDA =
      noClasses()
          .that()
          .resideOutsideOfPackage(ROOT + ".cuda..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("jcuda..");

  @ArchTest
  static final ArchRule ONLY_CLI_USES_THE_OPTIONAL_LIBRARIES =
      noClasses()
          .that()
          .resideOutsideOfPackage(ROOT + ".cli..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "picocli..", "tools.jackson..", "com.fasterxml.jackson..", "me.tongfei..");

  @ArchTest
  static final ArchRule NAMES_SAY_WHAT_A_CLASS_IS =
      noClasses().should().haveNameMatching(".*(Utils?|Helpers?|Managers?)");

  private static boolean isAllowed(Dependency dependency) {
    String from = part(dependency.getOriginClass());
    String to = part(dependency.getTargetClass());
    if (from.equals(to) || !FLOORS.containsKey(from) || !FLOORS.containsKey(to)) {
      return true;
    }
    return FLOORS.get(to) < FLOORS.get(from) && !BACKENDS.contains(to);
  }

  private static boolean isOurs(JavaClass type) {
    return type.getPackageName().equals(ROOT) || type.getPackageName().startsWith(ROOT + ".");
  }

  /** The first package name below the root; empty for the root itself. */
  private static String part(JavaClass type) {
    String name = type.getBaseComponentType().getPackageName();
    return name.equals(ROOT) ? "" : name.substring(ROOT.length() + 1).replaceFirst("\\..*", "");
  }
}
