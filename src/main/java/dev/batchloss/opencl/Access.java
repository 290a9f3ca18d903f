package dev.batchloss.opencl;

import org.jocl.CL;

/** What is done to memory: by kernels where a buffer is made, by the host where one is mapped. */
enum Access {
  /** Only read. */
  READ(CL.CL_MEM_READ_ONLY, CL.CL_MAP_READ),
  /** Only written. */
  WRITE(CL.CL_MEM_WRITE_ONLY, CL.CL_MAP_WRITE),
  /** Both. */
  READ_WRITE(CL.CL_MEM_READ_WRITE, CL.CL_MAP_READ | CL.CL_MAP_WRITE);

  private final long memoryFlag;
  private final long mapFlag;

  Access(long memoryFlag, long mapFlag) {
    this.memoryFlag = memoryFlag;
    this.mapFlag = mapFlag;
  }

  long memoryFlag() {
    return memoryFlag;
  }

  long mapFlag() {
    return mapFlag;
  }
}
