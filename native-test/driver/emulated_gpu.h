// What the stand-in offers to tests beside the driver's API.
#pragma once

#include "cuda.h"

// Changes a setting of the process, named as its environment variable; 0, or −1 with a line in
// the report where there is no such setting or value. The number of devices is taken when the
// driver is initialised; planted faults count calls from here on.
EMULATED_API int emulatedGpuSet(const char* name, const char* value);

// Forgets all devices, contexts and memory, and reads the environment at the next cuInit.
EMULATED_API void emulatedGpuReset();

// How many lines the report has had so far: leaks, damaged red zones, misuse, faults of kernels.
EMULATED_API long emulatedGpuReported();

// How many launches a device has had; 0 where there is no such device.
EMULATED_API long emulatedGpuLaunches(int device);
