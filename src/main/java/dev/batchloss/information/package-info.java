/** Measures of information of single distributions and of vectors of counts. */
@NullMarked
package dev.batchloss.information;

import org.jspecify.annotations.NullMarked;
