/** The command line: parses options, calls the packages below, prints what they return. */
@NullMarked
package dev.batchloss.cli;

import org.jspecify.annotations.NullMarked;
