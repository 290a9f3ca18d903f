package dev.batchloss.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.spi.DeviceCall;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the kernels of a device loss say of their structures and what the host takes them for. */
class LossParametersTest {
  private static final KernelHeader HEADER = KernelHeader.read("loss_parameters.cuh");
  private static final KernelHeader SUM = KernelHeader.read("exact_sum.cuh");

  @Test
  void everyFieldStandsWhereTheKernelsLookForIt() throws IllegalAccessException {
    Map<String, Integer> offsets = HEADER.offsets("struct LossParameters", Double.BYTES);
    Map<String, Integer> written = KernelHeader.constants(LossParameters.class, offsets);
    assertThat(offsets).containsAllEntriesOf(written).containsEntry("weight_type", 164);
    assertThat(written).hasSameSizeAs(offsets);
    assertThat(LossParameters.BYTES).isEqualTo(164 + Integer.BYTES);
  }

  @Test
  void theStateIsReadWhereTheKernelsLeaveIt() {
    Map<String, Integer> wanted = new LinkedHashMap<>();
    wanted.put("first_bad", LossParameters.FIRST_BAD);
    wanted.put("bad_value", LossParameters.BAD_VALUE);
    wanted.put("bad", LossParameters.BAD);
    wanted.put("gradient_scale", LossParameters.GRADIENT_SCALE);
    wanted.put("loss", LossParameters.LOSS);
    wanted.put("bad_weight", LossParameters.BAD_WEIGHT);
    wanted.put("weight_sum", LossParameters.RESULT_BYTES);
    assertThat(HEADER.offsets("struct LossState", Double.BYTES)).containsAllEntriesOf(wanted);
    int words = constant("LIMBS") + 3;
    assertThat(SUM.text()).contains("constexpr int SUM_WORDS = LIMBS + 3;");
    assertThat(LossParameters.STATE_BYTES)
        .isEqualTo(LossParameters.RESULT_BYTES + 2 * words * Long.BYTES);
  }

  /** An addend gives a limb less than 2^32, and a limb holds 2^63. */
  @Test
  void asManyRowsAsACallMayHaveDoNotOverflowALimb() {
    assertThat(DeviceCall.MOST_ROWS).isLessThan(1L << (Long.SIZE - 1 - constant("LIMB_BITS")));
  }

  private static int constant(String name) {
    Pattern pattern = Pattern.compile("constexpr int " + name + " = (\\d+);");
    return pattern
        .matcher(SUM.text())
        .results()
        .map((MatchResult match) -> Integer.parseInt(match.group(1)))
        .findFirst()
        .orElseThrow();
  }
}
