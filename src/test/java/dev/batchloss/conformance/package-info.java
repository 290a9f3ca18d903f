/**
 * What every backend must compute, judged against an oracle written from the definitions. The areas
 * are interfaces with test methods; {@link dev.batchloss.conformance.RowConformanceSuite} has them
 * all, and each backend has a subclass.
 */
@NullMarked
package dev.batchloss.conformance;

import org.jspecify.annotations.NullMarked;
