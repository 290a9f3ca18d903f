package dev.batchloss.conformance;

import dev.batchloss.BatchLoss;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every pair of options, on small shapes. */
interface OptionConformance extends ConformanceTests {
  @TestFactory
  default Stream<DynamicTest> everyPairOfOptions() {
    return OptionPairs.trials()
        .map(
            trial ->
                DynamicTest.dynamicTest(
                    trial.toString(),
                    () -> {
                      try (BatchLoss engine = backend().open()) {
                        Judge.judge(engine, trial);
                      }
                    }));
  }
}
