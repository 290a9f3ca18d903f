// Tests of the interpreter: kernels that nvcc compiled against the same formulas in double, and each
// check seen to fire. Takes the folder of the kernels. "ptx_test FOLDER speed" measures.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "ptx.h"

namespace {

using ptx::Fault;
using ptx::Schedule;

int passed = 0;
int failed = 0;
std::string folder;

void Expect(bool holds, const std::string& what) {
  ++(holds ? passed : failed);
  if (!holds) std::cout << "FAILED " << what << "\n";
}

void ExpectNear(double got, double want, double error, const std::string& what) {
  const bool same = got == want || (got != got && want != want);
  if (same || std::fabs(got - want) <= error) {
    ++passed;
    return;
  }
  char text[128];
  std::snprintf(text, sizeof(text), ": %.17g, expected %.17g within %g", got, want, error);
  Expect(false, what + text);
}

std::string ReadFile(const std::string& name) {
  std::ifstream file(folder + "/" + name);
  if (!file) throw std::runtime_error("cannot read " + folder + "/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string Replaced(std::string text, const std::string& old, const std::string& with) {
  const std::size_t at = text.find(old);
  if (at == std::string::npos) throw std::runtime_error("no '" + old + "' to replace");
  return text.replace(at, old.size(), with);
}

class Buffers : public ptx::Memory {
 public:
  template <class T>
  void Add(std::vector<T>& data, bool writable = true) {
    ranges_.push_back({reinterpret_cast<std::uint64_t>(data.data()), data.size() * sizeof(T),
                       writable});
  }
  bool MayRead(std::uint64_t address, std::size_t bytes) const override {
    return Find(address, bytes) != nullptr;
  }
  bool MayWrite(std::uint64_t address, std::size_t bytes) const override {
    const Range* range = Find(address, bytes);
    return range != nullptr && range->writable;
  }

 private:
  struct Range {
    std::uint64_t start;
    std::size_t size;
    bool writable;
  };
  const Range* Find(std::uint64_t address, std::size_t bytes) const {
    for (const Range& range : ranges_) {
      if (address >= range.start && address + bytes <= range.start + range.size) return &range;
    }
    return nullptr;
  }
  std::vector<Range> ranges_;
};

class Parameters {
 public:
  template <class T>
  Parameters& Add(const T& value) {
    bytes_.resize((bytes_.size() + alignof(T) - 1) / alignof(T) * alignof(T));
    const auto* start = reinterpret_cast<const char*>(&value);
    bytes_.insert(bytes_.end(), start, start + sizeof(T));
    return *this;
  }
  const void* data() const { return bytes_.data(); }
  std::size_t size() const { return bytes_.size(); }

 private:
  std::vector<char> bytes_;
};

std::uint64_t Run(const ptx::Module& module, const std::string& kernel, unsigned grid,
                  unsigned block, const Parameters& parameters, const Buffers& memory,
                  const Schedule& schedule = Schedule(), std::size_t shared = 0) {
  for (const ptx::KernelInfo& info : module.kernels()) {
    if (info.name != kernel) continue;
    const ptx::Parameter& last = info.parameters.back();
    if (last.offset + last.size != parameters.size()) {
      throw std::runtime_error("parameters of another size than " + kernel + " has");
    }
    return module.Run(info, {{grid, 1, 1}, {block, 1, 1}, shared}, parameters.data(), memory,
                      schedule);
  }
  throw std::runtime_error("no kernel " + kernel);
}

void ExpectFault(Fault fault, const std::vector<std::string>& words,
                 const std::function<void()>& action, const std::string& what) {
  try {
    action();
  } catch (const ptx::Error& error) {
    Expect(error.fault == fault, what + ": another fault: " + error.what());
    for (const std::string& word : words) {
      Expect(std::string(error.what()).find(word) != std::string::npos,
             what + ": no '" + word + "' in: " + error.what());
    }
    return;
  }
  Expect(false, what + ": no error");
}

std::vector<Schedule> Schedules() {
  std::vector<Schedule> all;
  for (const auto order :
       {Schedule::Order::kForward, Schedule::Order::kBackward, Schedule::Order::kShuffled}) {
    for (const auto rounding : {Schedule::Rounding::kNearest, Schedule::Rounding::kHighest,
                                Schedule::Rounding::kLowest}) {
      all.push_back({order, rounding, 17 + all.size()});
    }
  }
  return all;
}

std::string NameOf(const Schedule& schedule) {
  return "order " + std::to_string(static_cast<int>(schedule.order)) + " rounding " +
         std::to_string(static_cast<int>(schedule.rounding)) + " ";
}

// As in softmax.cu.
struct SoftmaxParameters {
  const float* input;
  float* loss;
  float* gradient;
  const int* targets;
  long long rows;
  long long strides[8][3];
  int classes;
  int lanes;
  float scale;
  unsigned flags;
};

struct SoftmaxCase {
  SoftmaxCase(int rows, int classes) : rows(rows), classes(classes) {
    std::mt19937 random(static_cast<unsigned>(rows * 1000 + classes));
    std::normal_distribution<float> normal(0, 4);
    for (int k = 0; k < rows * classes; ++k) input.push_back(normal(random));
    for (int r = 0; r < rows; ++r) targets.push_back(static_cast<int>(random() % classes));
    loss.assign(rows, -1);
    gradient.assign(input.size(), -1);
    memory.Add(input, false);
    memory.Add(targets, false);
    memory.Add(loss);
    memory.Add(gradient);
    parameters.input = input.data();
    parameters.loss = loss.data();
    parameters.gradient = gradient.data();
    parameters.targets = targets.data();
    parameters.rows = rows;
    parameters.strides[0][0] = parameters.strides[1][0] = classes;
    parameters.classes = classes;
    parameters.flags = 1;
  }

  void Check(bool subtracts_target, const std::string& what) const {
    for (int r = 0; r < rows; ++r) {
      const float* x = input.data() + r * classes;
      double sum = 0;
      for (int c = 0; c < classes; ++c) sum += std::exp(static_cast<double>(x[c]));
      const int target = targets[r];
      ExpectNear(loss[r], std::log(sum) - x[target], 4e-6, what + "loss");
      for (int c = 0; c < classes; ++c) {
        const double p = std::exp(static_cast<double>(x[c])) / sum;
        ExpectNear(gradient[r * classes + c], p - (subtracts_target && c == target), 2e-6,
                   what + "gradient");
      }
    }
  }

  int rows;
  int classes;
  std::vector<float> input;
  std::vector<int> targets;
  std::vector<float> loss;
  std::vector<float> gradient;
  Buffers memory;
  SoftmaxParameters parameters{};
};

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

double UnitOf(float) { return 0x1p-24; }
double UnitOf(double) { return 0x1p-53; }

template <class T>
void TestFunctions(const std::string& kernel) {
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

std::uint32_t Reversed(std::uint32_t a) {
  std::uint32_t result = 0;
  for (int k = 0; k < 32; ++k) result = result << 1 | (a >> k & 1);
  return result;
}

void TestBits() {
  const auto module = ptx::Module::Parse(ReadFile("integers.ptx"));
  static const std::uint64_t weights[] = {1, 0x123456789abcdefull, 3, 4};
  static const int table[] = {3, 1, 4, 1, 5, 9, 2, 6};
  std::vector<std::uint32_t> x = {0, 1, 0xffffffffu, 0x80000000u, 0x7fffffffu, 77, 0x12345678u};
  std::mt19937 random(3);
  for (int k = 0; k < 100; ++k) x.push_back(random() >> (random() % 32));
  const int n = static_cast<int>(x.size());
  std::vector<std::uint64_t> y(32 * n);
  Buffers memory;
  memory.Add(x);
  memory.Add(y);
  Run(*module, "bits", (n + 31) / 32, 32, Parameters().Add(x.data()).Add(y.data()).Add(n), memory);
  for (int k = 0; k < n; ++k) {
    const std::uint32_t a = x[k];
    const std::uint32_t b = x[(k + 1) % n];
    const std::uint64_t w = std::uint64_t{a} << 32 | b;
    const auto s = static_cast<std::int64_t>(w);
    const auto sa = static_cast<std::int32_t>(a);
    const auto sb = static_cast<std::int32_t>(b);
    const auto divisor = static_cast<std::int32_t>(b | 1);
    std::uint32_t dot = 7;
    for (int j = 0; j < 32; j += 8) dot += (a >> j & 0xff) * (b >> j & 0xff);
    const std::uint64_t want[32] = {
        static_cast<std::uint64_t>(__builtin_popcount(a)),
        static_cast<std::uint64_t>(a ? __builtin_clz(a) : 32),
        static_cast<std::uint64_t>(__builtin_ffs(sa)), Reversed(a),
        (a & 0xff) | (b & 0xff) << 8 | (a >> 8 & 0xff) << 16 | (b >> 8 & 0xff) << 24,
        static_cast<std::uint32_t>((std::uint64_t{b} << 32 | a) << (a & 31) >> 32),
        static_cast<std::uint32_t>((std::uint64_t{b} << 32 | a) >> (b & 31)),
        std::uint64_t{a} * b >> 32,
        static_cast<std::uint64_t>(static_cast<unsigned __int128>(w) * w >> 64),
        static_cast<std::uint32_t>(std::int64_t{sa} * sb >> 32), w / (b | 1), w % (a | 1),
        static_cast<std::uint64_t>(divisor == -1 ? -w : s / divisor),
        static_cast<std::uint64_t>(s % static_cast<std::int64_t>(a | 1)), a / (b | 1),
        static_cast<std::uint64_t>(divisor == -1 ? 0 : std::int64_t{sa % divisor}),
        static_cast<std::uint64_t>(s >> (a & 63)), w >> (b & 63), a >> 5 & 0x3ff,
        static_cast<std::uint64_t>(std::int64_t{static_cast<std::int16_t>(a)}),
        static_cast<std::uint64_t>(std::int64_t{static_cast<std::int8_t>(b)}),
        static_cast<std::uint64_t>(__builtin_popcountll(w)),
        static_cast<std::uint64_t>(w ? __builtin_clzll(w) : 64),
        std::uint64_t{Reversed(b)} << 32 | Reversed(a),
        static_cast<std::uint64_t>(std::int64_t{std::min(sa, sb)}), std::max(a, b),
        static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(sa < 0 ? 0 - a : a)}),
        static_cast<std::uint32_t>((sa < sb ? b - a : a - b) + 5), std::uint64_t{a} * b + w, dot,
        table[a & 7] + weights[b & 3],
        static_cast<std::uint64_t>((std::int64_t{sa} + sb) >> 1)};
    for (int j = 0; j < 32; ++j) {
      Expect(y[k * 32 + j] == want[j], "bits " + std::to_string(j) + " of " + std::to_string(a) +
                                           " and " + std::to_string(b) + ": " +
                                           std::to_string(y[k * 32 + j]) + ", expected " +
                                           std::to_string(want[j]));
    }
  }
}

template <class T>
T Clamped(double whole) {
  if (whole != whole) return 0;
  const double limit = std::ldexp(1.0, std::numeric_limits<T>::digits);
  if (whole >= limit) return std::numeric_limits<T>::max();
  if (whole < static_cast<double>(std::numeric_limits<T>::min())) {
    return std::numeric_limits<T>::min();
  }
  return static_cast<T>(whole);
}

template <class To, class From>
To As(From from) {
  To to;
  std::memcpy(&to, &from, sizeof(to));
  return to;
}

void TestConversions() {
  const auto module = ptx::Module::Parse(ReadFile("integers.ptx"));
  std::vector<float> x = {0,    0.5f,  1.5f,    2.5f,     -0.5f,  -1.5f,   1e10f, -1e10f,
                          3e9f, 1e20f, -1e20f,  INFINITY, NAN,    65504,   65519, 65520,
                          1e-8f, 3e-8f, 6.1e-5f, 1000.3f, 0.999f, -70000,  0.1f,  1 + 0x1p-11f};
  const int n = static_cast<int>(x.size());
  std::vector<std::int64_t> y(20 * n);
  std::vector<std::uint16_t> halves(n);
  std::vector<double> back(n);
  Buffers memory;
  memory.Add(x);
  memory.Add(y);
  memory.Add(halves);
  memory.Add(back);
  Run(*module, "conversions", 1, 32,
      Parameters().Add(x.data()).Add(y.data()).Add(halves.data()).Add(back.data()).Add(n), memory);
  for (int k = 0; k < n; ++k) {
    const float a = x[k];
    const double e = a * 1.0000001;
    const std::int64_t* got = y.data() + 20 * k;
    const std::string of = " of " + std::to_string(a);
    const auto same = [&](int number, std::int64_t want) {
      Expect(got[number] == want, "conversion " + std::to_string(number) + of + ": " +
                                      std::to_string(got[number]) + ", expected " +
                                      std::to_string(want));
    };
    same(0, Clamped<std::int32_t>(std::trunc(a)));
    same(1, Clamped<std::uint32_t>(std::trunc(a)));
    same(2, Clamped<std::int64_t>(std::trunc(a)));
    same(3, static_cast<std::int64_t>(Clamped<std::uint64_t>(std::trunc(a))));
    same(4, Clamped<std::int32_t>(std::nearbyint(a)));
    same(5, Clamped<std::int32_t>(std::floor(a)));
    same(6, Clamped<std::int32_t>(std::ceil(a)));
    same(9, Clamped<std::int32_t>(std::trunc(e)));
    same(10, Clamped<std::int64_t>(std::trunc(e)));
    same(11, Clamped<std::int64_t>(std::nearbyint(e)));
    if (a == a) {
      same(12, As<std::int64_t>(static_cast<double>(a)));
      same(13, As<std::int32_t>(static_cast<float>(e)));
      const float nearest = static_cast<float>(e);
      const bool away = std::fabs(static_cast<double>(nearest)) > std::fabs(e);
      same(14, As<std::int32_t>(away ? std::nextafterf(nearest, 0) : nearest));
      same(18, As<std::int32_t>(a < 0 ? 0 : a > 1 ? 1 : a));
    } else {
      same(18, 0);
    }
    same(15, As<std::int32_t>(static_cast<float>(got[2])));
    same(16, As<std::int64_t>(static_cast<double>(got[2])));
    // The nearest of all halves, of two as near the even one.
    double nearest = INFINITY;
    for (int bits = 0; bits < 0x7c00; ++bits) {
      const double half = bits < 1024 ? bits * 0x1p-24
                                      : std::ldexp(1024 + bits % 1024, bits / 1024 - 25);
      const double distance = std::fabs(std::fabs(a) - half);
      const double best = std::fabs(std::fabs(a) - nearest);
      if (distance < best || (distance == best && bits % 2 == 0)) nearest = half;
    }
    if (std::fabs(a) >= 65520) nearest = INFINITY;
    ExpectNear(back[k], a != a ? NAN : std::copysign(nearest, a), 0, "half" + of);
  }
}

void TestTogether() {
  const auto module = ptx::Module::Parse(ReadFile("integers.ptx"));
  for (const Schedule& schedule : Schedules()) {
    constexpr int kBlocks = 12;
    std::vector<int> x(kBlocks * 64);
    std::mt19937 random(9);
    for (int& value : x) value = static_cast<int>(random() % 200) - 40;
    std::vector<int> y(8, 0);
    y[1] = 1000;
    std::vector<std::uint64_t> z(3, 0);
    std::vector<float> f(1, 0);
    Buffers memory;
    memory.Add(x);
    memory.Add(y);
    memory.Add(z);
    memory.Add(f);
    Run(*module, "together", kBlocks, 64,
        Parameters().Add(x.data()).Add(y.data()).Add(z.data()).Add(f.data()).Add(0), memory,
        schedule);
    int sum = 0, low = 1000, positive = 0, votes = 0;
    std::uint64_t high = 0;
    for (int start = 0; start < kBlocks * 64; start += 32) {
      int odd = 0, same = 0;
      bool any = false, every = true;
      for (int k = start; k < start + 32; ++k) {
        sum += x[k];
        low = std::min(low, x[k]);
        high = std::max<std::uint64_t>(high, static_cast<std::uint32_t>(x[k]));
        positive += x[k] > 0;
        odd += x[k] & 1;
        same += (x[k] & 3) == (x[start] & 3);
        any |= x[k] == 77;
        every &= x[k] != 0;
      }
      votes += odd + 100 * any + 1000 * every + same;
    }
    const std::string what = NameOf(schedule) + "together ";
    Expect(y[0] == sum, what + "sum");
    Expect(y[1] == low, what + "min");
    Expect(y[2] == positive, what + "count");
    Expect(y[3] == votes, what + "votes");
    Expect(y[4] == 1 && y[5] == 17 && y[6] == (1 << kBlocks) - 1, what + "cas, exch, or");
    Expect(z[0] == high && z[1] == std::uint64_t{kBlocks} << 33 && z[2] == 5 * kBlocks,
           what + "64 bits");
    Expect(f[0] == 1.5f * 64 * kBlocks, what + "float");
  }
}

struct Big {
  long long a[40];
  int b;
  short c;
  unsigned char d;
};

long long Mix(const Big& big, int k, float f) {
  return big.a[k] * 3 + big.b + big.c + big.d + static_cast<long long>(f);
}

void TestLocal() {
  const auto module = ptx::Module::Parse(ReadFile("integers.ptx"));
  Big big{};
  for (int j = 0; j < 40; ++j) big.a[j] = j * j - 100;
  big.b = -7;
  big.c = -300;
  big.d = 200;
  std::vector<int> k = {0, 1, 5, 17, 31, 39, 3, 8};
  const int n = static_cast<int>(k.size());
  std::vector<long long> y(n);
  Buffers memory;
  memory.Add(k);
  memory.Add(y);
  Run(*module, "local", 1, 32, Parameters().Add(big).Add(k.data()).Add(y.data()).Add(n), memory);
  for (int i = 0; i < n; ++i) {
    Big mine = big;
    mine.a[k[i]] += 5;
    long long sum = 0;
    for (int j = 0; j < 40; ++j) sum += mine.a[j * k[i] % 40];
    const long long want = sum + (k[i] & 31) * k[i] + Mix(big, k[i], 2.5f) +
                           Mix(mine, k[i] / 2, 1.25f) + big.a[k[i]];
    Expect(y[i] == want, "local " + std::to_string(i) + ": " + std::to_string(y[i]) +
                             ", expected " + std::to_string(want));
  }
}

void TestChoose() {
  const auto module = ptx::Module::Parse(ReadFile("integers.ptx"));
  std::vector<int> k = {0, 1, 2, 3, 4, 5, 8, 9, 0};
  std::vector<int> y(32, 3);
  Buffers memory;
  memory.Add(k);
  memory.Add(y);
  Run(*module, "choose", 1, 8, Parameters().Add(k.data()).Add(y.data()).Add(8), memory);
  const std::vector<int> want = {3, 21, 16, 4, 15, 0, -1, -1};
  for (int i = 0; i < 8; ++i) Expect(y[8 + i] == want[i], "choose " + std::to_string(i));
  k[2] = 7;
  ExpectFault(Fault::kLaunchFailed, {"kernel choose", "trap", "thread (2, 0, 0)"}, [&] {
    Run(*module, "choose", 1, 8, Parameters().Add(k.data()).Add(y.data()).Add(8), memory);
  }, "trap");
}

// A kernel of one pointer in %rd1, whose thread's number is in %r1.
std::string KernelOf(const std::string& body) {
  return ".version 6.3\n.target sm_75\n.address_size 64\n"
         ".visible .entry k(.param .u64 p)\n{\n"
         ".reg .pred %p<8>;\n.reg .b32 %r<20>;\n.reg .f32 %f<8>;\n.reg .b64 %rd<8>;\n"
         ".shared .align 16 .b8 s[1024];\n"
         "ld.param.u64 %rd1, [p];\ncvta.to.global.u64 %rd1, %rd1;\nmov.u32 %r1, %tid.x;\n" +
         body + "\nret;\n}\n";
}

std::vector<int> RunBody(const std::string& body, unsigned threads,
                         const Schedule& schedule = Schedule()) {
  const auto module = ptx::Module::Parse(KernelOf(body));
  std::vector<int> data(64, 0);
  Buffers memory;
  memory.Add(data);
  Run(*module, "k", 1, threads, Parameters().Add(data.data()), memory, schedule);
  return data;
}

const std::string kStoreR2 =
    "mul.wide.u32 %rd2, %r1, 4;\nadd.s64 %rd3, %rd1, %rd2;\nst.global.u32 [%rd3], %r2;\n";

void TestInstructions() {
  const auto one = [](const std::string& body) { return RunBody(body + kStoreR2, 1)[0]; };
  Expect(one("mov.b32 %r3, 0xf0f0; bfe.s32 %r2, %r3, 4, 8;") == 0xf, "bfe.s32");
  Expect(one("mov.b32 %r3, 0x880; bfe.s32 %r2, %r3, 4, 8;") == -120, "bfe.s32 of a sign");
  Expect(one("mov.b32 %r3, 5; bfi.b32 %r2, %r3, -1, 8, 4;") == static_cast<int>(0xfffff5ff), "bfi");
  Expect(one("mov.b32 %r3, 12; mov.b32 %r4, 10; mov.b32 %r5, 9;"
             "lop3.b32 %r2, %r3, %r4, %r5, 0xE8;") == 8 + 0 + 0, "lop3 majority");
  Expect(one("mov.b32 %r3, 7; shl.b32 %r2, %r3, 32;") == 0, "shl by all");
  Expect(one("mov.b32 %r3, -7; shr.s32 %r2, %r3, 99;") == -1, "shr.s32 by more");
  Expect(one("mov.f32 %f1, 0fFFC00000; mov.f32 %f2, 0f3F800000; max.f32 %f3, %f1, %f2;"
             "mov.b32 %r2, %f3;") == 0x3f800000, "max of a NaN");
  Expect(one("mov.f32 %f1, 0fFFC00000; add.f32 %f3, %f1, %f1; mov.b32 %r2, %f3;") == 0x7fffffff,
         "canonical NaN");
  Expect(one("mov.f32 %f1, 0f00000001; add.ftz.f32 %f3, %f1, %f1; mov.b32 %r2, %f3;") == 0, "ftz");
  Expect(one("mov.f32 %f1, 0f3F800000; fma.rp.f32 %f2, %f1, 0f3F800000, 0f00000001;"
             "mov.b32 %r2, %f2;") == 0x3f800001, "fma.rp");
  Expect(one("mov.f32 %f1, 0f3F800000; fma.rm.f32 %f2, %f1, 0f3F800000, 0f80000001;"
             "mov.b32 %r2, %f2;") == 0x3f7fffff, "fma.rm");
  Expect(one("mov.f32 %f1, 0f3F800000; sub.rm.f32 %f2, %f1, %f1; mov.b32 %r2, %f2;") ==
             static_cast<int>(0x80000000), "zero of sub.rm");
  Expect(one("mov.b64 %rd4, 0x100000002; mov.b64 {%r3, %r4}, %rd4;"
             "mad.lo.s32 %r2, %r3, 10, %r4;") == 21, "unpack");
  Expect(one("setp.eq.u32 %p1, %r1, 0; setp.lt.or.f32 %p2|%p3, 0f7FC00000, 0f00000000, !%p1;"
             "selp.b32 %r2, 1, 0, %p2; @%p3 add.s32 %r2, %r2, 4;") == 4, "setp.lt.or of a NaN");
  Expect(one("mov.u32 %r3, 1;\nts: .branchtargets A, B;\nbrx.idx %r3, ts;\n"
             "A: mov.u32 %r2, 5; bra C;\nB: mov.u32 %r2, 6;\nC:") == 6, "brx.idx");
  Expect(one("mov.u32 %r3, -1; add.cc.u32 %r4, %r3, 1; addc.u32 %r2, 4, 0;") == 5, "carry");
  Expect(one("mov.u32 %r3, s; cvta.shared.u64 %rd4, 16; st.u32 [%rd4+4], 9;"
             "ld.shared.u32 %r2, [%r3+20];") == 9, "generic address of shared memory");
  Expect(one("ld.shared.u32 %r2, [s+64];") == static_cast<int>(0xcdcdcdcd), "poison");
  Expect(one("{ .reg .b16 a, b; mov.b32 {a, b}, 0x3c004000; add.f16 a, a, b;"
             "cvt.u32.u16 %r2, a; }") == 0x4200, "half addition");
  const std::vector<int> shuffled = RunBody(
      "add.s32 %r3, %r1, 100; shfl.sync.idx.b32 %r2|%p1, %r3, 3, 0x181f, 0xffffffff;" + kStoreR2,
      32);
  for (int k = 0; k < 32; ++k) Expect(shuffled[k] == 100 + k / 8 * 8 + 3, "shfl.idx of width 8");
  const std::vector<int> up = RunBody(
      "shfl.sync.up.b32 %r2|%p1, %r1, 2, 0, 0xffffffff; @!%p1 mov.u32 %r2, 77;" + kStoreR2, 32);
  for (int k = 0; k < 32; ++k) Expect(up[k] == (k < 2 ? 77 : k - 2), "shfl.up");
  // Threads that have ended do not hold up a barrier.
  const std::vector<int> ended = RunBody(
      "setp.lt.u32 %p1, %r1, 40; @!%p1 exit; bar.sync 0; mov.u32 %r2, 1;" + kStoreR2, 64);
  Expect(ended[0] == 1 && ended[39] == 1 && ended[40] == 0, "bar.sync beside ended threads");
  // A move may carry a value that was never written, as long as nobody looks at it.
  Expect(one("mov.u32 %r4, %r5; setp.eq.u32 %p1, %r1, 0; @%p1 mov.u32 %r4, 8;"
             "mov.u32 %r2, %r4;") == 8, "move of what was never written");
}

void TestRefusals() {
  const auto refuses = [](const std::string& text, const std::vector<std::string>& words,
                          const std::string& what) {
    ExpectFault(Fault::kInvalidPtx, words, [&] { ptx::Module::Parse(text); }, what);
  };
  refuses(KernelOf("frobnicate.u32 %r2, %r1;"), {"line 14", "'frobnicate.u32'"}, "opcode");
  refuses(KernelOf("add.rx.f32 %f2, %f1, %f1;"), {"line 14", "add.rx.f32"}, "modifier");
  refuses(KernelOf("ld.global.v3.u32 %r2, [%rd1];"), {"not known"}, "vector of three");
  refuses(KernelOf("add.s32 %r2, %r1;"), {"operand"}, "too few operands");
  refuses(KernelOf("add.s32 %r2, %r1, 1, 2;"), {"operands"}, "too many operands");
  refuses(KernelOf("add.s32 %r2, %r1, %x;"), {"%x"}, "undeclared register");
  refuses(KernelOf("bra nowhere;"), {"nowhere"}, "unknown label");
  refuses(KernelOf("call vprintf, ();"), {"call"}, "call of nothing");
  refuses(KernelOf("mov.u32 %r2, %clock;"), {"%clock"}, "special register");
  refuses(Replaced(KernelOf(""), ".target sm_75", ""), {".target"}, "no target");
  refuses("garbage", {"line 1"}, "garbage");
  refuses(KernelOf("ld.global.v2.u32 {%r2, %r3, %r4}, [%rd1];"), {"length"}, "vector length");
}

void TestChecks() {
  const auto fails = [](Fault fault, const std::vector<std::string>& words,
                        const std::string& body, unsigned threads, const std::string& what) {
    for (const Schedule& schedule : Schedules()) {
      ExpectFault(fault, words, [&] { RunBody(body, threads, schedule); }, what);
    }
  };
  fails(Fault::kMisalignedAddress, {"kernel k", "line 14", "ld.global.v2", "block (0, 0, 0)",
                                    "thread (0, 0, 0)", "8 bytes"},
        "ld.global.v2.u32 {%r2, %r3}, [%rd1+4];", 1, "misaligned vector");
  fails(Fault::kMisalignedAddress, {"shared"}, "st.shared.u32 [s+2], %r1;", 1, "shared alignment");
  fails(Fault::kIllegalAddress, {"read"}, "ld.global.u32 %r2, [%rd1+256];", 1, "read beyond");
  fails(Fault::kIllegalAddress, {"written"}, "st.global.u32 [%rd1+-4], %r1;", 1, "write before");
  fails(Fault::kIllegalAddress, {"null", "0x0"}, "mov.u64 %rd2, 0; ld.u32 %r2, [%rd2]; // null", 1,
        "null");
  fails(Fault::kIllegalAddress, {"shared memory of 1024"}, "st.shared.u32 [s+1024], %r1;", 1,
        "shared bounds");
  fails(Fault::kIllegalAddress, {"parameters"}, "ld.param.u64 %rd2, [p+8];", 1, "param bounds");
  fails(Fault::kIllegalAddress, {"shared"},
        "cvta.shared.u64 %rd2, 1022; add.s64 %rd2, %rd2, 2; ld.u8 %r2, [%rd2];", 1,
        "generic bounds of shared memory");
  fails(Fault::kIllegalAddress, {"local"},
        ".local .align 8 .b8 l[16]; mov.u64 %rd2, l; ld.local.u64 %rd3, [%rd2+16];", 1,
        "local bounds");
  fails(Fault::kIllegalInstruction, {"never written", "add.s32"}, "add.s32 %r2, %r7, 1;", 1,
        "unwritten register");
  fails(Fault::kIllegalInstruction, {"never written", "line 14"},
        "setp.gt.u32 %p1, %r1, 9; @%p1 mov.u32 %r7, 1; mov.u32 %r8, %r7; add.s32 %r2, %r8, 1;", 1,
        "register written on one path only");
  // The mask and who comes.
  fails(Fault::kLaunchFailed, {"deadlock", "lane 16"},
        "shfl.sync.bfly.b32 %r2, %r1, 1, 31, 0xffffffff;", 16, "lanes that are not there");
  fails(Fault::kLaunchFailed, {"deadlock", "has ended"},
        "setp.eq.u32 %p1, %r1, 3; @%p1 exit; bar.warp.sync 0xffffffff;", 32, "a lane that ended");
  fails(Fault::kLaunchFailed, {"own lane"}, "bar.warp.sync 0x1;", 32, "a mask without oneself");
  fails(Fault::kLaunchFailed, {"not in the mask"},
        "setp.gt.u32 %p1, %r1, 15; @%p1 exit;"
        "shfl.sync.idx.b32 %r2, %r1, 20, 31, 0xffff;", 32, "a lane outside the mask");
  fails(Fault::kLaunchFailed, {"deadlock", "bar.sync", "waits at"},
        "setp.eq.u32 %p1, %r1, 0; @%p1 bra A;\nbar.warp.sync 0xffffffff;\nA:\nbar.sync 0;", 32,
        "a lane that waits elsewhere");
  fails(Fault::kLaunchFailed, {"different barriers"},
        "setp.eq.u32 %p1, %r1, 0; @%p1 bra A;\nbar.sync 0;\nbra B;\nA:\nbar.sync 0;\nB:", 32,
        "divergent barriers");
  fails(Fault::kLaunchFailed, {"deadlock"},
        "setp.lt.u32 %p1, %r1, 32; @%p1 bra A;\nbar.sync 1;\nbra B;\nA:\nbar.sync 0;\nB:", 64,
        "barriers of different numbers");
}

// Every thread writes its number into shared memory and reads that of thread %r1 ^ distance.
std::string Neighbours(const std::string& synchronisation, int distance) {
  return "mov.u32 %r3, s; shl.b32 %r4, %r1, 2; add.s32 %r5, %r3, %r4; st.shared.u32 [%r5], %r1;\n" +
         synchronisation + "\nxor.b32 %r6, %r4, " + std::to_string(distance * 4) +
         "; add.s32 %r7, %r3, %r6; ld.shared.u32 %r2, [%r7];\n";
}

void TestRaces() {
  const auto races = [](const std::string& body, unsigned threads, const std::string& what) {
    for (const Schedule& schedule : Schedules()) {
      ExpectFault(Fault::kLaunchFailed, {"race", "shared"},
                  [&] { RunBody(body + kStoreR2, threads, schedule); }, what);
    }
  };
  const auto runs = [](const std::string& body, unsigned threads, int distance,
                       const std::string& what) {
    for (const Schedule& schedule : Schedules()) {
      const std::vector<int> data = RunBody(body + kStoreR2, threads, schedule);
      for (unsigned k = 0; k < threads; ++k) {
        Expect(data[k] == static_cast<int>(k ^ distance), NameOf(schedule) + what);
      }
    }
  };
  const std::string warp = "bar.warp.sync -1;";
  runs(Neighbours("bar.sync 0;", 32), 64, 32, "neighbours with a barrier");
  runs(Neighbours(warp, 1), 64, 1, "neighbours in a warp");
  races(Neighbours("", 1), 64, "no barrier");
  races(Neighbours(warp, 32), 64, "a warp's barrier for two warps");
  // The second write must wait for the first reads.
  const std::string again = "add.s32 %r8, %r1, 0; st.shared.u32 [%r5], %r3;\n";
  races(Neighbours("bar.sync 0;", 32) + again, 64, "write after read");
  runs(Neighbours("bar.sync 0;", 32) + "bar.sync 0;" + again, 64, 32, "write after a barrier");
  races("st.shared.u32 [s], %r1; mov.u32 %r2, 0;", 32, "different values at one place");
  runs("st.shared.u32 [s], 5; mov.u32 %r2, %r1;", 32, 0, "the same value at one place");
  races("atom.shared.add.u32 %r3, [s], 1; ld.shared.u32 %r2, [s];", 64, "read beside atomics");
  // Neighbouring bytes are different places.
  runs("mov.u32 %r3, s; add.s32 %r3, %r3, %r1; st.shared.u8 [%r3], %r1; bar.sync 0;"
       "ld.shared.u8 %r2, [%r3];", 64, 0, "bytes");
  const auto missing = ptx::Module::Parse(Replaced(ReadFile("softmax.ptx"), "bar.sync", "//"));
  for (const Schedule& schedule : Schedules()) {
    SoftmaxCase block(9, 1028);
    ExpectFault(Fault::kLaunchFailed, {"race", "kernel softmax_block"}, [&] {
      Run(*missing, "softmax_block", 9, 256, Parameters().Add(block.parameters), block.memory,
          schedule, 1028 * 4);
    }, "softmax without its barrier");
  }
}

void TestSoftmaxFaults() {
  const auto module = ptx::Module::Parse(ReadFile("softmax.ptx"));
  const auto run = [&](const SoftmaxCase& softmax, const char* kernel, unsigned threads,
                       std::size_t shared) {
    Run(*module, kernel, 1, threads, Parameters().Add(softmax.parameters), softmax.memory,
        Schedule(), shared);
  };
  SoftmaxCase block(2, 1028);
  ExpectFault(Fault::kIllegalAddress, {"st.shared.v4", "shared memory of 1088"},
              [&] { run(block, "softmax_block", 256, 1024); }, "too little dynamic memory");
  block.parameters.input += 1;
  ExpectFault(Fault::kMisalignedAddress, {"ld.global.nc.v4.f32", "16 bytes"},
              [&] { run(block, "softmax_block", 256, 1028 * 4); }, "misaligned float4");
  block.parameters.input += 3;
  block.parameters.strides[0][0] = 1028 * 2;
  Run(*module, "softmax_block", 1, 256, Parameters().Add(block.parameters), block.memory,
      Schedule(), 1028 * 4);
  block.parameters.classes = 1028 * 2;
  ExpectFault(Fault::kIllegalAddress, {"ld.global.nc.v4.f32", "read"},
              [&] { run(block, "softmax_block", 256, 1028 * 8); }, "read beyond the input");
  SoftmaxCase warp(3, 40);
  warp.parameters.lanes = 32;
  ExpectFault(Fault::kLaunchFailed, {"shfl.sync.bfly", "lane 16", "thread (32, 0, 0)"},
              [&] { run(warp, "softmax_warp", 48, 0); }, "a block of one warp and a half");
}

void MeasureSpeed() {
  const auto module = ptx::Module::Parse(ReadFile("softmax.ptx"));
  SoftmaxCase softmax(2000, 1028);
  for (const char* kernel : {"softmax_block", "softmax_warp"}) {
    for (const auto order : {Schedule::Order::kForward, Schedule::Order::kBackward}) {
      softmax.parameters.lanes = 32;
      const auto start = std::chrono::steady_clock::now();
      const std::uint64_t instructions =
          Run(*module, kernel, kernel[8] == 'b' ? 2000 : 500, kernel[8] == 'b' ? 256 : 128,
              Parameters().Add(softmax.parameters), softmax.memory,
              {order, Schedule::Rounding::kNearest, 0}, 1028 * 4);
      const double seconds =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      std::printf("%s on %u host threads: %.0f million instructions, %.0f million/s, "
                  "%.2f million elements/s\n", kernel,
                  order == Schedule::Order::kForward ? std::thread::hardware_concurrency() : 1,
                  instructions * 1e-6, instructions * 1e-6 / seconds, 2.056 / seconds);
    }
  }
}

}  // namespace

int main(int count, char** arguments) {
  folder = count > 1 ? arguments[1] : "testdata";
  try {
    if (count > 2 && std::string(arguments[2]) == "speed") {
      MeasureSpeed();
      return 0;
    }
    TestInstructions();
    TestRefusals();
    TestChecks();
    TestRaces();
    TestSoftmax();
    TestSoftmaxFaults();
    TestFunctions<float>("floats");
    TestFunctions<double>("doubles");
    TestApproximations();
    TestBits();
    TestConversions();
    TestTogether();
    TestLocal();
    TestChoose();
  } catch (const std::exception& error) {
    Expect(false, std::string("not expected: ") + error.what());
  }
  std::cout << passed << " passed, " << failed << " failed\n";
  return failed == 0 ? 0 : 1;
}
