/**
 * The losses of other libraries under their own names, with their arguments, defaults and quirks:
 * they take {@link dev.batchloss.compat.Tensor}s and lower every call to a loss of {@link
 * dev.batchloss.loss}. None of them computes a loss itself.
 */
@NullMarked
package dev.batchloss.compat;

import org.jspecify.annotations.NullMarked;
