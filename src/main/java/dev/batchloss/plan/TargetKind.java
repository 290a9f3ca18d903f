package dev.batchloss.plan;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.ProbabilityTargets;
import dev.batchloss.data.Targets;
import dev.batchloss.data.ValueTargets;
import org.jspecify.annotations.Nullable;

/** What the targets of a call are. */
public enum TargetKind {
  /** There are none. */
  NONE,
  /** A class index a row. */
  CLASSES,
  /** A distribution a row. */
  PROBABILITIES,
  /** A number an element. */
  VALUES;

  /** Returns the kind of {@code targets}, null standing for none. */
  public static TargetKind of(@Nullable Targets targets) {
    return switch (targets) {
      case null -> NONE;
      case ClassTargets _ -> CLASSES;
      case ProbabilityTargets _ -> PROBABILITIES;
      case ValueTargets _ -> VALUES;
    };
  }
}
