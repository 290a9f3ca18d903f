/**
 * The row plan's definition, in double and one row at a time: the specification that the other
 * backends are read against, and what runs where nothing faster can.
 */
@NullMarked
package dev.batchloss.scalar;

import org.jspecify.annotations.NullMarked;
