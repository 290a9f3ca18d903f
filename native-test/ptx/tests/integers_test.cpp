// Bits, conversions, atomic operations, votes, local memory and calls against the same in C++.
#include <algorithm>
#include <cstdint>
#include <limits>

#include "ptx_test.h"

namespace ptx_test {
namespace {

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

}  // namespace

void TestIntegers() {
  TestBits();
  TestConversions();
  TestTogether();
  TestLocal();
  TestChoose();
}

}  // namespace ptx_test
