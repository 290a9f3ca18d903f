/**
 * The numbers themselves: views of memory the caller owns, targets, and the exceptions. Imports
 * nothing of the project.
 */
@NullMarked
package dev.batchloss.data;

import org.jspecify.annotations.NullMarked;
