/** The losses: one record each, with its options, their meaning, and how it becomes a plan. */
@NullMarked
package dev.batchloss.loss;

import org.jspecify.annotations.NullMarked;
