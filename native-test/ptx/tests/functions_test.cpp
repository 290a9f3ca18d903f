// Softmax, the mathematics library and approximations against the same formulas in double.
#include <algorithm>
#include <iterator>
#include <limits>

#include "ptx_test.h"

namespace ptx_test {
namespace {

double UnitOf(float) { return 0x1p-24; }
double UnitOf(double) { return 0x1p-53; }

template <class T>
void TestFunctionsOf(const std::string& kernel) {
  const auto module = ptx::Module::Parse(ReadFile("functions.ptx"));
  std::vector<T> x = {0, T(-0.0), 1, -1, T(0.5), 2, T(2.5), -3, T(1e-3), 20, -20, T(0.1), T(3.5),
                      INFINITY, -INFINITY, NAN, 7};
  std::mt19937 random(5);
  for (int k = 0; k < 200; ++k) x.push_back(T(std::normal_distribution<double>(0, 3)(random)));
  const int n = static_cast<int>(x.size());
  using Function = double (*)(long double, long double, T, T);
#define FUNCTION(formula) [](long double a, long double b, T x, T y) -> double { \
  (void)a, (void)b, (void)x, (void)y; return static_cast<double>(formula); }
  // With the errors in units in the last place that CUDA documents, or 0.5 where it is exact.
  const struct { const char* name; double ulps; Function function; } functions[] = {
      {"exp", 2, FUNCTION(std::exp(a))},
      {"log", 1, FUNCTION(std::log(std::fabs(a)))},
      {"expm1", 1, FUNCTION(std::expm1(a))},
      {"tanh", 2, FUNCTION(std::tanh(a))},
      {"pow", 4, FUNCTION(std::pow(std::fabs(a), b))},
      {"sqrt", 0.5, FUNCTION(std::sqrt(std::fabs(a)))},
      {"div", 0.5, FUNCTION(a / b)},
      {"rcp", 0.5, FUNCTION(1 / a)},
      {"log1p", 1, FUNCTION(std::log1p(std::fabs(a)))},
      {"exp2", 2, FUNCTION(std::exp2(a))},
      {"fma", 0.5, FUNCTION(std::fma(x, y, x))},
      {"fmax", 0, FUNCTION(x != x ? y : y != y ? x : x > y ? x : y)},
      {"fmin", 0, FUNCTION(x != x ? y : y != y ? x : x < y ? x : y)},
      {"copysign", 0, FUNCTION(std::copysign(x, y))},
      {"floor", 0, FUNCTION(std::floor(x))},
      {"rint", 0, FUNCTION(std::nearbyint(x))},
      {"trunc", 0, FUNCTION(std::trunc(x))},
      {"ceil", 0, FUNCTION(std::ceil(x))},
      {"round", 0, FUNCTION(std::round(x))},
      {"rsqrt", 2, FUNCTION(1 / std::sqrt(std::fabs(a)))},
      {"sin", 2, FUNCTION(std::sin(static_cast<long double>(T(x * 1000))))},
      {"class", 0, FUNCTION(x != x ? 1 : std::isinf(x) ? 2 : std::signbit(x) ? 3 : 4)},
  };
#undef FUNCTION
  for (const Schedule& schedule : Schedules()) {
    // Approximations that err may cost functions built on them some of their documented error.
    const double slack = schedule.rounding == Schedule::Rounding::kNearest ? 1 : 2.5;
    std::vector<T> y(x.size() * std::size(functions), -77);
    Buffers memory;
    memory.Add(x, false);
    memory.Add(y);
    Run(*module, kernel, (n + 63) / 64, 64, Parameters().Add(x.data()).Add(y.data()).Add(n), memory,
        schedule);
    for (std::size_t f = 0; f < std::size(functions); ++f) {
      for (int k = 0; k < n; ++k) {
        const T b = x[(k + 1) % n];
        const double want = functions[f].function(x[k], b, x[k], b);
        const double error = 2 * functions[f].ulps * slack * UnitOf(T()) * std::fabs(want) +
                             std::numeric_limits<T>::denorm_min();
        ExpectNear(y[f * n + k], T(want), error,
                   NameOf(schedule) + kernel + " " + functions[f].name + " of " +
                       std::to_string(x[k]) + " and " + std::to_string(b));
      }
    }
  }
}

}  // namespace

void TestSoftmax() {
  const auto module = ptx::Module::Parse(ReadFile("softmax.ptx"));
  Expect(module->version() == 70 && module->target() == 75, "version and target");
  for (const Schedule& schedule : Schedules()) {
    for (int lanes = 1; lanes <= 32; lanes *= 2) {
      SoftmaxCase warp(lanes == 8 ? 130 : 5, 3 + lanes);
      warp.parameters.lanes = lanes;
      const unsigned blocks = (warp.rows * lanes + 127) / 128;
      Run(*module, "softmax_warp", blocks, 128, Parameters().Add(warp.parameters), warp.memory,
          schedule);
      warp.Check(true, NameOf(schedule) + "softmax_warp ");
    }
    for (const unsigned threads : {32u, 96u, 256u}) {
      SoftmaxCase block(9, 1028);
      Run(*module, "softmax_block", 9, threads, Parameters().Add(block.parameters), block.memory,
          schedule, 1028 * 4);
      block.Check(false, NameOf(schedule) + "softmax_block ");
    }
  }
}

void TestFunctions() {
  TestFunctionsOf<float>("floats");
  TestFunctionsOf<double>("doubles");
}

void TestApproximations() {
  const auto module = ptx::Module::Parse(ReadFile("functions.ptx"));
  std::vector<float> x = {0, 1, -1, 0.5f, 2.0f, 1.1f, 0.9f, 3, 5.5f, -6, 100, 1e-3f, 1e-40f};
  const int n = static_cast<int>(x.size());
  const auto ulp = [](double value) {
    return std::ldexp(1.0, std::max(std::ilogb(value), -126) - 23);
  };
  for (const Schedule& schedule : Schedules()) {
    std::vector<float> y(11 * n);
    Buffers memory;
    memory.Add(x);
    memory.Add(y);
    Run(*module, "approximations", 1, 32, Parameters().Add(x.data()).Add(y.data()).Add(n), memory,
        schedule);
    int different = 0;
    for (int k = 0; k < n; ++k) {
      const double a = x[k];
      const auto check = [&](int number, double want, double error) {
        const double got = y[number * n + k];
        ExpectNear(got, want, error, NameOf(schedule) + "approximation " + std::to_string(number) +
                                         " of " + std::to_string(a));
        if (got == static_cast<float>(want) || want != want) return;
        ++different;
        Expect(schedule.rounding != Schedule::Rounding::kNearest || number == 9, "not the nearest");
        if (want > 0 && std::isfinite(want)) {
          Expect((got > want) == (schedule.rounding == Schedule::Rounding::kHighest),
                 "another direction");
        }
      };
      const double flushed = std::fabs(a) < 0x1p-126 ? 0 : a;
      check(0, std::exp2(flushed), 2.5 * ulp(std::exp2(a)));
      check(1, std::exp2(a), 2.5 * ulp(std::exp2(a)));
      check(2, std::log2(a), (a > 0.5 && a < 2 ? 1.25 : std::fabs(std::log2(a))) * 0x1p-22);
      if (a != 0) check(3, 1 / a > 0x1p128 ? INFINITY : 1 / a, ulp(1 / a));
      if (a > 0) check(4, 1 / std::sqrt(a), std::exp2(-22.9) / std::sqrt(a));
      if (a > 0) check(5, std::sqrt(a), 0x1p-23 * std::sqrt(a));
      check(6, std::tanh(a), 0x1p-11 * std::fabs(std::tanh(a)));
      check(7, std::sin(a), std::exp2(std::fabs(a) < 6.2 ? -20.5 : -14.7));
      check(8, std::cos(a), std::exp2(std::fabs(a) < 6.2 ? -20.5 : -14.7));
      check(10, static_cast<float>(a / 7), 2 * ulp(a / 7));
    }
    const bool nearest = schedule.rounding == Schedule::Rounding::kNearest;
    Expect(nearest ? different == 0 : different > 60,
           NameOf(schedule) + std::to_string(different) + " results are not the nearest");
  }
}

}  // namespace ptx_test
