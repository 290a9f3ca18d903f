/** Classification losses over large prediction matrices, in one fused pass. */
@NullMarked
package dev.batchloss;

import org.jspecify.annotations.NullMarked;
