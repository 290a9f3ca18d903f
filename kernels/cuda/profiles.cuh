// What a kernel is compiled for. Everything else asks the profile; what a profile answers with a
// constant costs nothing, and what it answers from the parameters is decided as the kernel runs.
//
// Both profiles add the same terms in the same order, so that a loss has the same bits whatever
// else is asked for.
#pragma once

#include "row_parameters.cuh"
#include "intrinsics.cuh"

// The softmax cross-entropy of class targets, and its gradient in the input's own type.
template <class Arithmetic, ElementType INPUT, bool GRADIENT>
struct Plain {
  using Real = Arithmetic;

  static constexpr bool writes = GRADIENT;

  // Of BLOCK_THREADS: enough of them hide what memory keeps them waiting for.
  static constexpr int blocks = sizeof(Real) == 8 ? 2 : GRADIENT ? 3 : 4;

  static DEVICE_MEMBER bool has(const RowParameters<Real> &call, RowFlag flag) {
    switch (flag) {
      case READS_IGNORED:
      case KEEPS_ROW:
        return (call.flags & flag) != 0;
      case NORMALIZES:
        return true;
      case WRITES_GRADIENT:
        return GRADIENT;
      default:
        return false;
    }
  }

  static DEVICE_MEMBER bool returns(const RowParameters<Real> &call, RowColumn column) {
    return (column & (SHIFT | SUM | TARGET_ORDERED)) != 0 && (call.columns & column) != 0;
  }

  static DEVICE_MEMBER int input_type(const RowParameters<Real> &) { return INPUT; }

  static DEVICE_MEMBER int output_type(const RowParameters<Real> &) { return INPUT; }

  static constexpr bool has_objective = false;

  static constexpr bool keeps_octets = true;
};

// Every call that is computed in this arithmetic. Floats only serve logits without a softcap: of
// the others they do not hold the bounds.
template <class Arithmetic>
struct General {
  using Real = Arithmetic;

  static constexpr bool writes = true;

  static constexpr int blocks = sizeof(Real) == 8 ? 1 : 2;

  static constexpr bool is_double = sizeof(Real) == 8;

  static DEVICE_MEMBER bool has(const RowParameters<Real> &call, RowFlag flag) {
    switch (flag) {
      case IS_PROBABILITIES:
      case HAS_SOFTCAP:
      case NORMALIZES_BEFORE_CLIP:
        return is_double && (call.flags & flag) != 0;
      case NORMALIZES:
        return !is_double || (call.flags & flag) != 0;
      default:
        return (call.flags & flag) != 0;
    }
  }

  static DEVICE_MEMBER bool returns(const RowParameters<Real> &call, RowColumn column) {
    bool is_of_probabilities = (column & (INPUT_SUM | BAD_CLASS)) != 0;
    return (is_double || !is_of_probabilities) && (call.columns & column) != 0;
  }

  static DEVICE_MEMBER int input_type(const RowParameters<Real> &call) { return call.input_type; }

  static DEVICE_MEMBER int output_type(const RowParameters<Real> &call) {
    return call.output_type;
  }

  // Smoothing, soft targets, z-loss, entropy, focusing.
  static constexpr bool has_objective = true;

  // Elements stay in registers between the passes; its many sums need them otherwise.
  static constexpr bool keeps_octets = false;
};
