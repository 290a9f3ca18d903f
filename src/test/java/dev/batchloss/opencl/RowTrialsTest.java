package dev.batchloss.opencl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.data.ElementType;
import dev.batchloss.device.RowColumn;
import dev.batchloss.device.RowColumns;
import dev.batchloss.device.RowLayout;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.RowPlan;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The calls that run on Oclgrind reach every kernel and every condition in its source. */
class RowTrialsTest {
  private static final Pattern CONDITION =
      Pattern.compile("(?m)^#\\s*(?:el)?(?:if|ifdef|ifndef)\\b(.*)$");
  private static final Pattern NAME = Pattern.compile("[A-Z][A-Z_]{2,}");
  private static final Pattern DEFINITION = Pattern.compile("(?m)^#\\s*define\\s+(\\w+)");
  private static final Pattern OPTION = Pattern.compile("-D (\\S+)");

  /** As large as Oclgrind's, of one unit. */
  private static final DeviceDescription DEVICE =
      TestDevice.describe().computeUnits(1).maxWorkGroup(1024).localMemory(1 << 15).build();

  private static final DeviceDescription WITHOUT_DOUBLES =
      TestDevice.describe().computeUnits(1).maxWorkGroup(1024).withoutDoubles().build();

  @ParameterizedTest
  @EnumSource
  void everyConditionIsMetAndIsNotMet(KernelFamily family) {
    for (List<RowProgram> programs : byWalk(family)) {
      List<String> sources =
          programs.getFirst().sources().stream().map(KernelSources::read).toList();
      Set<String> conditions = conditions(String.join("\n", sources));
      assertThat(conditions).contains("NORMALIZES", "HAS_CLASS_WEIGHTS", "COLUMN_RANK");
      // No option, but a mark of the driver's.
      conditions.remove("POCL_DEVICE_ADDRESS_BITS");
      boolean isAcross = programs.getFirst().sources().contains("across");
      // What this family and this walk are never compiled with.
      if (!isAcross) {
        conditions.remove("LANES_ARE_ROWS");
      }
      if (family == KernelFamily.CPU) {
        conditions.removeAll(Set.of("TILED", "KEEPS_ROW"));
      } else if (!isAcross) {
        conditions.removeAll(Set.of("TOTAL_IS_DOUBLE", "COMPENSATES"));
      }
      Set<String> met = new TreeSet<>();
      Set<String> notMet = new TreeSet<>();
      for (RowProgram program : programs) {
        Set<String> names = new HashSet<>();
        options(program).forEach(option -> names.add(option.split("=", 2)[0]));
        conditions.forEach(condition -> (names.contains(condition) ? met : notMet).add(condition));
      }
      assertThat(met).as("met, %s, across: %s", family, isAcross).isEqualTo(conditions);
      // These follow from the walk.
      conditions.removeAll(Set.of("LANES", "GROUP", "LANES_ARE_ROWS"));
      assertThat(notMet).as("not met, %s, across: %s", family, isAcross).containsAll(conditions);
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyWalkEveryColumnEveryElementType(KernelFamily family) {
    Set<RowVariant.Walk> walks = EnumSet.noneOf(RowVariant.Walk.class);
    for (List<RowProgram> programs : byWalk(family)) {
      Set<RowColumn> columns = EnumSet.noneOf(RowColumn.class);
      Set<String> options = new HashSet<>();
      for (RowProgram program : programs) {
        walks.add(program.variant().walk());
        columns.addAll(program.columns().asList());
        options.addAll(options(program));
      }
      assertThat(columns)
          .isEqualTo(EnumSet.complementOf(EnumSet.of(RowColumn.LOSS, RowColumn.MATCHES)));
      for (ElementType type : ElementType.values()) {
        assertThat(options).contains("INPUT=" + type, "OUTPUT=" + type, "TARGET=" + type);
      }
    }
    assertThat(walks)
        .isEqualTo(
            family == KernelFamily.GPU
                ? EnumSet.allOf(RowVariant.Walk.class)
                : EnumSet.complementOf(EnumSet.of(RowVariant.Walk.TILES)));
  }

  @Test
  void comparisonsOfEveryShapeAndElementType() {
    List<RowTrial> trials = GrindTrials.comparisons();
    Set<ComparisonProgram> programs = new HashSet<>();
    Set<ElementType> inputs = EnumSet.noneOf(ElementType.class);
    Set<ElementType> outputs = EnumSet.noneOf(ElementType.class);
    Set<MatrixOutput> kinds = EnumSet.noneOf(MatrixOutput.class);
    Set<RowColumn> columns = EnumSet.noneOf(RowColumn.class);
    for (RowTrial trial : trials) {
      programs.add((ComparisonProgram) CallProgram.of(trial.request(), DEVICE, KernelFamily.GPU));
      inputs.add(trial.input().type());
      outputs.add(trial.outputType());
      kinds.add(trial.outputKind());
      columns.addAll(RowColumns.of(trial.request()).asList());
    }
    assertThat(inputs).containsExactlyInAnyOrder(ElementType.values());
    assertThat(outputs).containsExactlyInAnyOrder(ElementType.values());
    assertThat(kinds)
        .containsExactlyInAnyOrder(
            MatrixOutput.NONE, MatrixOutput.GRADIENT, MatrixOutput.ELEMENT_LOSS);
    assertThat(columns).containsExactlyInAnyOrderElementsOf(ComparisonArguments.COLUMNS);
    for (String source : List.of(ComparisonProgram.ELEMENTS, ComparisonProgram.PAIRS)) {
      for (int items : new int[] {1, ComparisonProgram.GROUP}) {
        for (ElementType arithmetic : List.of(ElementType.FLOAT32, ElementType.FLOAT64)) {
          assertThat(programs)
              .as("%s, %d items, %s", source, items, arithmetic)
              .anyMatch(
                  program ->
                      program.source().equals(source)
                          && program.items() == items
                          && program.arithmetic() == arithmetic);
        }
      }
    }
  }

  /** The programs along rows and those across them. */
  private static List<List<RowProgram>> byWalk(KernelFamily family) {
    List<RowProgram> all =
        Stream.concat(
                GrindTrials.trials(family).stream()
                    .filter(trial -> trial.plan() instanceof RowPlan)
                    .map(trial -> program(trial, DEVICE, family)),
                GrindTrials.trialsWithoutDoubles().stream()
                    .filter(trial -> trial.plan() instanceof RowPlan)
                    .map(trial -> program(trial, WITHOUT_DOUBLES, family)))
            .toList();
    return List.of(
        all.stream().filter(program -> !program.sources().contains("across")).toList(),
        all.stream().filter(program -> program.sources().contains("across")).toList());
  }

  private static RowProgram program(RowTrial trial, DeviceDescription device, KernelFamily family) {
    return RowProgram.of(trial.request(), RowLayout.of(trial.input()), device, family);
  }

  private static Set<String> conditions(String source) {
    Set<String> names = new TreeSet<>();
    CONDITION
        .matcher(source)
        .results()
        .flatMap(condition -> NAME.matcher(condition.group(1)).results())
        .map(MatchResult::group)
        .forEach(names::add);
    DEFINITION.matcher(source).results().forEach(definition -> names.remove(definition.group(1)));
    return names;
  }

  private static List<String> options(RowProgram program) {
    return OPTION.matcher(program.options()).results().map(option -> option.group(1)).toList();
  }
}
