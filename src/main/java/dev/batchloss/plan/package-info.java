/**
 * What a backend executes: a loss lowered to plain data, the statistics a row is reduced to, the
 * closed form φ that turns them into a loss and a gradient, the check that comes before, and the
 * exact sum. Shared by every backend, so that each of them only knows how to read rows.
 */
@NullMarked
package dev.batchloss.plan;

import org.jspecify.annotations.NullMarked;
