package dev.batchloss.bench;

import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.BinaryCrossEntropy;
import dev.batchloss.loss.Loss;
import java.lang.foreign.Arena;

/**
 * Binary cross-entropy of logits with a label 0 or 1 for each: it reads two matrices, and so does
 * its ceiling. The labels have the logits' type and memory.
 */
public abstract class BinaryCrossEntropyAgainstCeiling extends LossAgainstCeiling {
  BinaryCrossEntropyAgainstCeiling(Ceiling.Pass pass) {
    super(pass);
  }

  @Override
  Loss lossFunction() {
    return BinaryCrossEntropy.builder().build();
  }

  @Override
  Targets fill(Matrix logits, Arena arena) {
    return Predictions.fill(logits, memory.allocate(type, logits.rows(), logits.classes(), arena));
  }
}
