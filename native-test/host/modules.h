// The kernels of kernels/cuda as functions of the host.
#pragma once

#include <map>
#include <string>

namespace host {

// By name; each takes a pointer to its parameters.
using Module = std::map<std::string, void (*)(const void* parameters)>;

Module PlainFloat32();
Module PlainFloat64();
Module PlainFloat16();
Module PlainBfloat16();
Module GeneralFloat32();
Module GeneralFloat64();
Module ElementsFloat32();
Module ElementsFloat64();
Module PairsFloat32();
Module PairsFloat64();
Module DeviceLoss();

}  // namespace host
