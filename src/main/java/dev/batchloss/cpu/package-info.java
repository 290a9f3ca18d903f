/**
 * The processors of this machine through the Vector API. A call is cut into batches of rows that
 * workers take; a pass reduces the rows of a batch and writes what was asked for: {@link
 * dev.batchloss.cpu.FloatRowPass} and {@link dev.batchloss.cpu.DoubleRowPass} along contiguous
 * rows, {@link dev.batchloss.cpu.TilePass} across many rows at once where rows are short or not
 * contiguous.
 */
@NullMarked
package dev.batchloss.cpu;

import org.jspecify.annotations.NullMarked;
