// The softmax cross-entropy of class targets in one element type, with and without its gradient;
// compiled once a type: -DINPUT=FLOAT32 -DARITHMETIC=float.
#include "row_kernels.cuh"

using Loss = Plain<ARITHMETIC, INPUT, false>;
using Gradient = Plain<ARITHMETIC, INPUT, true>;

ROW_KERNELS(loss, Loss)
ROW_KERNELS(gradient, Gradient)
WRITE_KERNEL(gradient, Gradient)

#ifndef ARITHMETIC_IS_DOUBLE
LONG_REGISTER_KERNEL(loss, Loss)
LONG_REGISTER_KERNEL(gradient, Gradient)
#endif
