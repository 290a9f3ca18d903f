// Every call that is computed in one arithmetic: -DARITHMETIC=float or double.
#include "row_kernels.cuh"

using Rows = General<ARITHMETIC>;

ROW_KERNELS(rows, Rows)
WRITE_KERNEL(rows, Rows)

#ifndef ARITHMETIC_IS_DOUBLE
LONG_REGISTER_KERNEL(rows, Rows)
#endif
