package dev.batchloss.bench;

import dev.batchloss.Metric;
import dev.batchloss.Outputs;
import dev.batchloss.data.Matrix;
import java.util.Arrays;
import org.openjdk.jmh.annotations.Param;

/**
 * What do metrics add to the loss?
 *
 * <pre>bench/run CrossEntropyMetrics -p shape=4096x32000 -p metrics=accuracy+ece</pre>
 */
public class CrossEntropyMetrics extends LossAgainstCeiling {
  /** Names of the command line, joined by plus signs; the second choice is its default. */
  @Param({"accuracy", "accuracy+top5+perplexity+entropy"})
  public String metrics = "";

  /** Compared with a sum. */
  public CrossEntropyMetrics() {
    super(Ceiling.Pass.SUM);
  }

  @Override
  Outputs outputs(Matrix gradient) {
    return Outputs.lossOnly()
        .withMetrics(Arrays.stream(metrics.split("\\+")).map(Metric::named).toList());
  }
}
