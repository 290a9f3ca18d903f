/** Runs of native-test, the stand-in for NVIDIA's driver, that want tests in JVMs of their own. */
@NullMarked
package dev.batchloss.nativetest;

import org.jspecify.annotations.NullMarked;
