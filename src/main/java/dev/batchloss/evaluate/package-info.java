/**
 * Evaluation of files that need not fit in memory: rows are read in blocks, ahead of the
 * computation, and the summaries of the blocks are merged. How the rows are cut changes no bit of
 * any result.
 */
@NullMarked
package dev.batchloss.evaluate;

import org.jspecify.annotations.NullMarked;
