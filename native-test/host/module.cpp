// One module, compiled with the options that its PTX is compiled with, and -DSOURCE and -DMODULE.
// In a namespace of its own, for modules have kernels of the same names.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "fibers.h"
#include "modules.h"

namespace {
#include SOURCE

#if defined ELEMENTS
using Call = ElementCall<ARITHMETIC>;
#elif defined DEVICE_LOSS
using Call = LossParameters;
#elif defined PAIRS
using Call = PairCall<ARITHMETIC>;
#else
using Call = RowParameters<ARITHMETIC>;
#endif

#define ENTRY(name) \
  { #name, [](const void* call) { name(*static_cast<const Call*>(call)); } }
#define ENTRIES(name)                                                                   \
  ENTRY(name##_registers_1), ENTRY(name##_block), ENTRY(name##_segments),               \
      ENTRY(name##_combine), ENTRY(name##_across)
}  // namespace

namespace host {

Module MODULE() {
  return {
#if defined ELEMENTS
      ENTRY(elements_lanes), ENTRY(elements_block),
#elif defined PAIRS
      ENTRY(pairs_lanes), ENTRY(pairs_block),
#elif defined DEVICE_LOSS
      ENTRY(begin_loss),
      ENTRY(check_targets_int),
      ENTRY(check_targets_long),
      ENTRY(finish_targets_int),
      ENTRY(finish_targets_long),
      ENTRY(scale_rows_FLOAT32),
      ENTRY(scale_rows_FLOAT64),
      ENTRY(add_losses_FLOAT32),
      ENTRY(add_losses_FLOAT64),
      ENTRY(finish_loss),
#elif defined INPUT
      ENTRIES(loss),
      ENTRIES(gradient),
      ENTRY(gradient_write),
#ifndef ARITHMETIC_IS_DOUBLE
      ENTRY(loss_registers_4),
      ENTRY(gradient_registers_4),
#endif
#else
      ENTRIES(rows),
      ENTRY(rows_write),
#ifndef ARITHMETIC_IS_DOUBLE
      ENTRY(rows_registers_4),
#endif
#endif
  };
}

}  // namespace host
