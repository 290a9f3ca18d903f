/**
 * The backend for NVIDIA GPUs: devices found through the driver API, their kernels, and the way of
 * a matrix to a device and back.
 */
@NullMarked
package dev.batchloss.cuda;

import org.jspecify.annotations.NullMarked;
