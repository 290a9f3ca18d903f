package dev.batchloss.opencl;

import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;

/**
 * A device that was found; the runtime owns its ids.
 *
 * @param platform the platform it belongs to
 * @param id the device
 * @param description what it says of itself
 */
record Device(cl_platform_id platform, cl_device_id id, DeviceDescription description) {}
