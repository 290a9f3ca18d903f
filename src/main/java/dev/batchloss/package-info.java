/**
 * What a program uses first: {@link dev.batchloss.BatchLoss} opens a backend and evaluates a loss
 * of {@link dev.batchloss.loss}.
 */
@NullMarked
package dev.batchloss;

import org.jspecify.annotations.NullMarked;
