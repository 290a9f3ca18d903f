/**
 * The host's side of a backend whose rows are reduced on a device: which numbers come back for a
 * row and what becomes of them, how a matrix is cut into chunks, and how a chunk is packed for the
 * way there and unpacked on the way back. Knows no driver.
 */
@NullMarked
package dev.batchloss.device;

import org.jspecify.annotations.NullMarked;
