package dev.batchloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class MetricTest {
  @Test
  void everyNameIsReadBack() {
    List<Metric> all =
        List.of(
            Metric.ACCURACY,
            Metric.topK(1),
            Metric.topK(5),
            Metric.topK(999_999_999),
            Metric.PERPLEXITY,
            Metric.ENTROPY,
            Metric.MRR,
            Metric.BRIER,
            Metric.ECE,
            Metric.PER_CLASS);
    for (Metric metric : all) {
      assertThat(Metric.named(metric.name())).isEqualTo(metric);
    }
    assertThat(all)
        .extracting(Metric::name)
        .containsExactly(
            "accuracy",
            "top1",
            "top5",
            "top999999999",
            "perplexity",
            "entropy",
            "mrr",
            "brier",
            "ece",
            "per-class");
    assertThat(Metric.named("top-5")).isEqualTo(Metric.topK(5));
  }

  @Test
  void refusesNamesItDoesNotKnow() {
    for (String name :
        List.of("", "acc", "Accuracy", "top", "top_k", "top-k", "top5x", "top9999999999")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Metric.named(name))
          .withMessage(
              "unknown metric '%s', known are accuracy, top<k> (such as top5), perplexity, entropy,"
                  + " mrr, brier, ece, per-class",
              name);
    }
  }

  @Test
  void kIsAtLeastOneAndOnlyOfTopK() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Metric.named("top0"))
        .withMessage("k of top-k is 0, must be at least 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Metric.topK(-3))
        .withMessage("k of top-k is -3, must be at least 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Metric(Metric.Kind.MRR, 2))
        .withMessage("mrr takes no k");
  }
}
