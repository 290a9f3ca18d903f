#include "float_arithmetic.h"
#include "operations.h"

namespace ptx {
namespace {

template <class T>
constexpr bool kIsFloat = std::is_same_v<T, Half> || std::is_floating_point_v<T>;
template <class T>
const std::string kName = kTypeName<T>;
template <>
const std::string kName<Half> = ".f16";

// To an integer: of the nearest one in the range of the type; a NaN is 0.
template <class To, class From, Mode mode, bool ftz>
To FloatToInteger(From from) {
  double value;
  if constexpr (std::is_same_v<From, Half>) {
    value = HalfToDouble(from);
  } else {
    value = Flushed<ftz>(from);
  }
  if (value != value) return 0;
  const double whole = RoundToInteger(value, mode);
  // 2^63 and the like are doubles, the greatest numbers below them need not be.
  const double limit = std::ldexp(1.0, std::numeric_limits<To>::digits);
  if (whole >= limit) return std::numeric_limits<To>::max();
  if (whole < static_cast<double>(std::numeric_limits<To>::min())) {
    return std::numeric_limits<To>::min();
  }
  return static_cast<To>(whole);
}

template <class To, class From, Mode mode, bool sat>
To IntegerToFloat(From from) {
  if constexpr (std::is_same_v<To, Half>) {
    return DoubleToHalf(static_cast<double>(from), mode);
  } else {
    const auto convert = [](From value) {
      volatile From hidden = value;
      const RoundingScope scope(mode);
      volatile To result = static_cast<To>(hidden);
      return result;
    };
    const To result = mode == Mode::kNearest ? static_cast<To>(from) : convert(from);
    return Finished<false, sat>(result);
  }
}

template <class To, class From, bool sat>
To IntegerToInteger(From from) {
  if constexpr (sat) {
    const __int128 value = from;
    if (value > std::numeric_limits<To>::max()) return std::numeric_limits<To>::max();
    if (value < std::numeric_limits<To>::min()) return std::numeric_limits<To>::min();
  }
  return static_cast<To>(from);
}

template <class To, class From, Mode mode, bool ftz, bool sat>
To FloatToFloat(From from) {
  if constexpr (std::is_same_v<From, Half>) {
    const To value = static_cast<To>(HalfToFloat(from));
    return Finished<false, sat>(value);
  } else if constexpr (std::is_same_v<To, Half>) {
    return DoubleToHalf(Finished<false, sat>(Flushed<ftz>(from)), mode);
  } else if constexpr (sizeof(To) < sizeof(From) && mode != Mode::kNearest) {
    volatile From hidden = from;
    const RoundingScope scope(mode);
    volatile To result = static_cast<To>(hidden);
    return Finished<ftz, sat>(static_cast<To>(result));
  } else if constexpr (sizeof(From) == 4) {
    return Finished<ftz, sat>(static_cast<To>(Flushed<ftz>(from)));
  } else {
    return Finished<ftz, sat>(static_cast<To>(from));
  }
}

template <class T, Mode mode, bool ftz, bool sat>
T RoundFloat(T from) {
  return Finished<ftz, sat>(RoundToInteger(Flushed<ftz>(from), mode));
}

template <class To, class From, Mode mode>
void AddRounding(Operations& to, const std::string& rounding, const std::string& whole) {
  const std::string types = kName<To> + kName<From>;
  if constexpr (!kIsFloat<To>) {
    for (const char* sat : {"", ".sat"}) {
      to.AddFunction<FloatToInteger<To, From, mode, false>>("cvt" + whole + sat + types);
      if constexpr (std::is_same_v<From, float>) {
        to.AddFunction<FloatToInteger<To, From, mode, true>>("cvt" + whole + ".ftz" + sat + types);
      }
    }
  } else if constexpr (!kIsFloat<From>) {
    to.AddFunction<IntegerToFloat<To, From, mode, false>>("cvt" + rounding + types);
    if constexpr (!std::is_same_v<To, Half>) {
      to.AddFunction<IntegerToFloat<To, From, mode, true>>("cvt" + rounding + ".sat" + types);
    }
  } else if constexpr (sizeof(To) < sizeof(From)) {
    to.AddFunction<FloatToFloat<To, From, mode, false, false>>("cvt" + rounding + types);
    to.AddFunction<FloatToFloat<To, From, mode, false, true>>("cvt" + rounding + ".sat" + types);
    if constexpr (!std::is_same_v<To, Half>) {
      to.AddFunction<FloatToFloat<To, From, mode, true, false>>("cvt" + rounding + ".ftz" + types);
    } else if constexpr (std::is_same_v<From, float>) {
      to.AddFunction<FloatToFloat<To, From, mode, true, false>>("cvt" + rounding + ".ftz" + types);
    }
  } else if constexpr (std::is_same_v<To, From> && !std::is_same_v<To, Half>) {
    to.AddFunction<RoundFloat<To, mode, false, false>>("cvt" + whole + types);
    to.AddFunction<RoundFloat<To, mode, false, true>>("cvt" + whole + ".sat" + types);
    if constexpr (sizeof(To) == 4) {
      to.AddFunction<RoundFloat<To, mode, true, false>>("cvt" + whole + ".ftz" + types);
      to.AddFunction<RoundFloat<To, mode, true, true>>("cvt" + whole + ".ftz.sat" + types);
    }
  }
}

template <class To, class From>
void AddConversion(Operations& to) {
  const std::string types = kName<To> + kName<From>;
  if constexpr (!kIsFloat<To> && !kIsFloat<From>) {
    to.AddFunction<IntegerToInteger<To, From, false>>("cvt" + types);
    to.AddFunction<IntegerToInteger<To, From, true>>("cvt.sat" + types);
  } else {
    AddRounding<To, From, Mode::kNearest>(to, ".rn", ".rni");
    AddRounding<To, From, Mode::kZero>(to, ".rz", ".rzi");
    AddRounding<To, From, Mode::kDown>(to, ".rm", ".rmi");
    AddRounding<To, From, Mode::kUp>(to, ".rp", ".rpi");
    if constexpr (kIsFloat<To> && kIsFloat<From> && sizeof(To) >= sizeof(From) &&
                  !std::is_same_v<To, Half>) {
      to.AddFunction<FloatToFloat<To, From, Mode::kNearest, false, false>>("cvt" + types);
      to.AddFunction<FloatToFloat<To, From, Mode::kNearest, false, true>>("cvt.sat" + types);
      to.AddFunction<FloatToFloat<To, From, Mode::kNearest, true, false>>("cvt.ftz" + types);
      to.AddFunction<FloatToFloat<To, From, Mode::kNearest, true, true>>("cvt.ftz.sat" + types);
    }
  }
}

template <class To, class... From>
void AddConversionsTo(Operations& to) {
  (AddConversion<To, From>(to), ...);
}

template <class... T>
void AddAll(Operations& to) {
  (AddConversionsTo<T, T...>(to), ...);
}

}  // namespace

void AddConversions(Operations& to) {
  AddAll<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t, std::int32_t,
         std::uint64_t, std::int64_t, Half, float, double>(to);
}

}  // namespace ptx
