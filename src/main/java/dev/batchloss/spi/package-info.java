/** What a backend is: how it is found, what it is asked, what it answers. */
@NullMarked
package dev.batchloss.spi;

import org.jspecify.annotations.NullMarked;
