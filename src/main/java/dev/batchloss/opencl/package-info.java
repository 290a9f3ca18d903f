/**
 * The backend for OpenCL devices: how they are found, what holds their memory, what runs on them.
 */
@NullMarked
package dev.batchloss.opencl;

import org.jspecify.annotations.NullMarked;
