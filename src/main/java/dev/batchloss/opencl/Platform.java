package dev.batchloss.opencl;

import java.util.List;

/**
 * A platform: what one driver brings.
 *
 * @param name its name
 * @param code what asking it for devices answered
 * @param devices its devices; none unless the code is CL_SUCCESS
 */
record Platform(String name, int code, List<Device> devices) {}
