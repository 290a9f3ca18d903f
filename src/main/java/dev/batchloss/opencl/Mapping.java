package dev.batchloss.opencl;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * A buffer that the host may touch, from {@link CommandQueue#map} to {@link CommandQueue#unmap}.
 *
 * @param buffer the buffer
 * @param parts the host's views of it, in order
 */
record Mapping(DeviceBuffer buffer, List<ByteBuffer> parts) {}
