package dev.batchloss.opencl;

import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Timeout.ThreadMode.SEPARATE_THREAD;

import dev.batchloss.ChildJvm;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * Ten thousand calls from eight threads on one backend leave nothing behind. In a JVM of its own,
 * whose heap has its full size from the start: what its process grows by is native memory.
 */
@Tag("exhaustive")
@EnabledOnOs(OS.LINUX)
@Timeout(value = 10, unit = MINUTES, threadMode = SEPARATE_THREAD)
class SoakTest {
  @Test
  void tenThousandCallsLeaveNothingBehind() throws Exception {
    TestDevice.find();
    ChildJvm child =
        ChildJvm.run(
            Soak.class,
            Map.of(),
            "-XX:+UseSerialGC",
            "-Xms256m",
            "-Xmx256m",
            "-XX:+AlwaysPreTouch");
    assertThat(child.exitCode()).as(child.output()).isZero();
    assertThat(child.output()).contains("10000 calls");
  }
}
