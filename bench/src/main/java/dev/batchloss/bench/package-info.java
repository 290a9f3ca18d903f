/**
 * What batchloss costs, and how near that is to what the memory allows: one class a question, each
 * with the loss and its ceiling over the same memory.
 */
@NullMarked
package dev.batchloss.bench;

import org.jspecify.annotations.NullMarked;
