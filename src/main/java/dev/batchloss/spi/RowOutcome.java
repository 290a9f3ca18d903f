package dev.batchloss.spi;

import dev.batchloss.plan.TargetScan;

/**
 * What a backend answers besides what the folds took.
 *
 * @param scan the rows that were there, those that counted, and the denominator of MEAN: of the
 *     whole call, whoever did its first rows
 */
public record RowOutcome(TargetScan scan) {}
