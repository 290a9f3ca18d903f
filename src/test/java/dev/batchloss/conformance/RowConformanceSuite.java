package dev.batchloss.conformance;

import org.junit.jupiter.api.TestInstance;

/** Everything that is asked of a backend; a subclass names the backend. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class RowConformanceSuite
    implements OptionConformance,
        PlanConformance,
        LossConformance,
        ShapeConformance,
        LayoutConformance,
        HostileValueConformance,
        IgnoredRowConformance,
        RefusalConformance,
        SameBitsConformance,
        UnfinishedCallConformance,
        ElementConformance,
        PairConformance,
        ComparisonBitsConformance,
        LifecycleConformance {
  private final BackendUnderTest backend;

  RowConformanceSuite(BackendUnderTest backend) {
    this.backend = backend;
  }

  @Override
  public BackendUnderTest backend() {
    return backend;
  }
}
