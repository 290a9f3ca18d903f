// Runs the kernels of element and pair plans on the host, under sanitizers, and compares them with
// the definitions in double. Derivatives are differences of values.
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "comparison_parameters.cuh"
#include "fibers.h"
#include "matrices.h"
#include "modules.h"

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Setting {
  int function;
  int type;
  int classes;
  long long rows;
  bool is_across;
  fibers::Order order;
};

std::string Name(const std::string& plan, const Setting& setting) {
  return plan + " " + std::to_string(setting.function) + " type " + std::to_string(setting.type) +
         " classes " + std::to_string(setting.classes) + (setting.is_across ? " across" : "");
}

// Both matrices, one row of weights for all, and what comes back.
template <class Real, class Numbers>
struct Problem {
  Setting setting;
  Memory input;
  Memory targets;
  Memory output;
  std::vector<Real> weights;
  std::vector<Real> factors;
  std::vector<Real> columns;
  ComparisonParameters<Real, Numbers> call;

  Problem(const Setting& setting, double least, double most)
      : setting(setting),
        input(setting.type, setting.rows, setting.classes, setting.classes, setting.is_across),
        targets(FLOAT32, setting.rows, setting.classes, setting.classes, setting.is_across),
        output(setting.type, setting.rows, setting.classes, setting.classes, setting.is_across),
        columns(4 * setting.rows) {
    std::mt19937 random(setting.classes);
    std::uniform_real_distribution<double> numbers(least, most);
    for (long long row = 0; row < setting.rows; row++) {
      for (int c = 0; c < setting.classes; c++) {
        input.Set(row, c, numbers(random));
        targets.Set(row, c, numbers(random));
      }
      factors.push_back(static_cast<Real>(1 + row % 2));
    }
    for (int c = 0; c < setting.classes; c++) {
      weights.push_back(static_cast<Real>(c % 3));
    }
    std::memset(&call, 0, sizeof(call));
    call.input = input.owned.get();
    call.output = output.owned.get();
    call.column_memory = columns.data();
    call.targets = targets.owned.get();
    call.row_factors = factors.data();
    call.rows = setting.rows;
    call.inner = 1;
    call.input_strides = input.strides;
    call.output_strides = output.strides;
    call.target_strides = targets.strides;
    call.weight_strides = {0, 1, 0};
    call.classes = setting.classes;
    call.lanes = 1;
    while (!setting.is_across && call.lanes < 32 && 2 * call.lanes <= setting.classes) {
      call.lanes *= 2;
    }
    call.function = setting.function;
    call.writes = SLOPES;
    call.columns = LOSS;
    call.input_type = setting.type;
    call.output_type = setting.type;
    call.target_type = FLOAT32;
  }

  // Column k of the row, whose bits those are of a Real or of an integer.
  const Real* Column(unsigned column, long long row) const {
    int place = __builtin_popcount(call.columns & (column - 1));
    return &columns[place * call.rows + row];
  }

  double Loss(long long row) const { return *Column(LOSS, row); }

  void Run(const host::Module& module, const std::string& plan, bool is_block) {
    int rows = static_cast<int>(setting.rows);
    int rows_of_block = COMPARISON_LANES_THREADS / call.lanes;
    int blocks = (rows + rows_of_block - 1) / rows_of_block;
    fibers::Grid grid = {blocks, 1, COMPARISON_LANES_THREADS, 0};
    if (is_block) {
      grid = {rows, 1, BLOCK_THREADS, 0};
    }
    auto kernel = module.at(plan + (is_block ? "_block" : "_lanes"));
    fibers::Launch(grid, setting.order, [&] { kernel(&call); });
  }
};

double Clip(double p, double low, double high) { return std::min(high, std::max(low, p)); }

double BinaryEntropy(double p, double y) {
  return -y * std::log(p) - (1 - y) * std::log1p(-p);
}

// With the numbers of ElementNumbersOf.
double Element(int kind, double x, double y) {
  double d = x - y;
  double p = 1 / (1 + std::exp(-x));
  double hit = kind == BINARY_FOCAL ? y * x + (1 - y) * (1 - x) : y * p + (1 - y) * (1 - p);
  switch (kind) {
    case BINARY_CROSS_ENTROPY_LOGITS:
      return BinaryEntropy(p, y);
    case BINARY_CROSS_ENTROPY:
      return BinaryEntropy(x, y);
    case BINARY_FOCAL_LOGITS:
      return (0.25 * y + 0.75 * (1 - y)) * std::pow(1 - hit, 1.5) * BinaryEntropy(p, y);
    case BINARY_FOCAL:
      return (0.25 * y + 0.75 * (1 - y)) * std::pow(1 - hit, 1.5) * BinaryEntropy(x, y);
    case KL_DIVERGENCE:
      return y * (std::log(y) - x);
    case KL_DIVERGENCE_LOG_TARGETS:
      return std::exp(y) * (y - x);
    case KL_DIVERGENCE_PROBABILITIES:
      return y * std::log(y / x);
    case SQUARED_ERROR:
      return d * d;
    case ABSOLUTE_ERROR:
      return std::abs(d);
    case ABSOLUTE_PERCENTAGE_ERROR:
      return 100 * std::abs(d / y);
    case SQUARED_LOGARITHMIC_ERROR:
      return std::pow(std::log((1 + x) / (1 + y)), 2);
    case HUBER:
      return 2 * (std::abs(d) <= 0.3 ? d * d / 2 : 0.3 * (std::abs(d) - 0.15));
    case LOG_COSH:
      return std::log(std::cosh(d));
    case POISSON:
      return x - y * std::log(x);
    case POISSON_LOGARITHMIC:
      return std::exp(x) - y * x;
    case HINGE:
      return std::max(0.0, 1 - y * x);
    default:
      return std::pow(std::max(0.0, 1 - y * x), 2);
  }
}

template <class Real>
ElementNumbers<Real> ElementNumbersOf() {
  ElementNumbers<Real> numbers;
  std::memset(&numbers, 0, sizeof(numbers));
  numbers.target_scale = 1;
  numbers.zero_takes_infinity = 1;
  numbers.clip_high = static_cast<Real>(kInfinity);
  numbers.log_floor = static_cast<Real>(-kInfinity);
  numbers.alpha = static_cast<Real>(0.25);
  numbers.gamma = static_cast<Real>(1.5);
  numbers.delta = static_cast<Real>(0.3);
  numbers.factor = 2;
  return numbers;
}

std::vector<double> Softmax(const std::vector<double>& x) {
  double greatest = *std::max_element(x.begin(), x.end());
  std::vector<double> p;
  double sum = 0;
  for (double logit : x) {
    p.push_back(std::exp(logit - greatest));
    sum += p.back();
  }
  for (double& each : p) {
    each /= sum;
  }
  return p;
}

double Divergence(const std::vector<double>& of, const std::vector<double>& from) {
  double sum = 0;
  for (std::size_t c = 0; c < of.size(); c++) {
    sum += of[c] * std::log(of[c] / from[c]);
  }
  return sum;
}

double Pair(int kind, const std::vector<double>& x, const std::vector<double>& y) {
  std::vector<double> p = Softmax(x);
  std::vector<double> q = Softmax(y);
  std::vector<double> middle;
  double dot = 0;
  double squares_of_x = 0;
  double squares_of_y = 0;
  double other = -kInfinity;
  for (std::size_t c = 0; c < x.size(); c++) {
    middle.push_back((p[c] + q[c]) / 2);
    dot += x[c] * y[c];
    squares_of_x += x[c] * x[c];
    squares_of_y += y[c] * y[c];
    other = std::max(other, (1 - y[c]) * x[c]);
  }
  switch (kind) {
    case FORWARD_KL:
      return Divergence(q, p);
    case REVERSE_KL:
      return Divergence(p, q);
    case JENSEN_SHANNON:
      return Divergence(p, middle) / 2 + Divergence(q, middle) / 2;
    case COSINE_SIMILARITY:
      return -dot / std::sqrt(squares_of_x * squares_of_y);
    default:
      return std::max(0.0, 1 + other - dot);
  }
}

double Slope(const std::function<double(double)>& f, double x) {
  const double step = 1e-4;
  return (8 * (f(x + step) - f(x - step)) - f(x + 2 * step) + f(x - 2 * step)) / (12 * step);
}

double Precision(int type) { return type == FLOAT64 ? 1e-12 : 2e-6; }

// Differences are no more precise than the first, storing is no more precise than the others.
double SlopePrecision(int type) {
  return type == FLOAT64 || type == FLOAT32 ? 4e-6 : type == FLOAT16 ? 1e-3 : 8e-3;
}

void ExpectClose(double got, double want, double precision, const std::string& what) {
  bool is_close = std::abs(got - want) <= precision * (1 + std::abs(want));
  Expect(is_close, what + " is " + std::to_string(got) + ", not " + std::to_string(want));
}

// A row has the same bits whatever rows are beside it, and in place.
template <class Real, class Numbers>
void CheckTwins(
    Problem<Real, Numbers>& problem, Problem<Real, Numbers>& twin, const host::Module& module,
    const std::string& plan, bool is_block) {
  twin.call.numbers = problem.call.numbers;
  twin.call.element_weights = problem.call.element_weights;
  twin.call.rows = 1;
  twin.call.output = twin.input.owned.get();
  twin.Run(module, plan, is_block);
  Expect(std::memcmp(problem.Column(LOSS, 0), twin.Column(LOSS, 0), sizeof(Real)) == 0,
         Name(plan, problem.setting) + ": alone the first row has another loss");
  for (int c = 0; c < problem.setting.classes; c++) {
    if (std::memcmp(problem.output.At(0, c), twin.input.At(0, c), BytesOf(problem.setting.type)) !=
        0) {
      Expect(false, Name(plan, problem.setting) + ": in place the gradient has other bits");
      return;
    }
  }
}

template <class Real>
void CheckElements(const Setting& setting, bool is_block, const host::Module& module) {
  using Case = Problem<Real, ElementNumbers<Real>>;
  Case problem(setting, 0.05, 0.95);
  problem.call.numbers = ElementNumbersOf<Real>();
  problem.call.element_weights = problem.weights.data();
  problem.call.columns = LOSS | MATCHES | BAD_CLASS | BAD_TARGET_CLASS;
  problem.input.Set(setting.rows - 1, setting.classes - 1, 1.5);
  problem.Run(module, "elements", is_block);
  const std::string name = Name("elements", setting);
  for (long long row = 0; row + 1 < setting.rows; row++) {
    double want = 0;
    double sizes = 0;
    for (int c = 0; c < setting.classes; c++) {
      double y = problem.targets.Get(row, c);
      auto f = [&](double x) { return problem.weights[c] * Element(setting.function, x, y); };
      double x = problem.input.Get(row, c);
      want += f(x);
      sizes += std::abs(f(x)) + 1;
      bool has_kink = std::abs(x - y) < 1e-3 || std::abs(std::abs(x - y) - 0.3) < 1e-3;
      if (!has_kink) {
        ExpectClose(problem.output.Get(row, c), problem.factors[row] * Slope(f, x),
                    SlopePrecision(setting.type), name + ": slope");
      }
    }
    ExpectClose(problem.Loss(row) / sizes, want / sizes, Precision(setting.type),
                name + ": loss");
  }
  auto integer = [&](unsigned column, long long row) {
    long long bits = 0;
    std::memcpy(&bits, problem.Column(column, row), sizeof(Real));
    return sizeof(Real) == 4 ? static_cast<int>(bits) : bits;
  };
  int bad = setting.classes - 1;
  Expect(integer(BAD_CLASS, setting.rows - 1) == bad, name + ": the bad class");
  Expect(setting.rows == 1 || integer(BAD_CLASS, 0) == -1, name + ": a bad class too many");
  Expect(integer(BAD_TARGET_CLASS, 0) == -1, name + ": a bad target too many");
  Case twin(setting, 0.05, 0.95);
  CheckTwins(problem, twin, module, "elements", is_block);
}

template <class Real>
void CheckPairs(const Setting& setting, bool is_block, const host::Module& module) {
  using Case = Problem<Real, PairNumbers<Real>>;
  Case problem(setting, -2, 2);
  problem.call.numbers = {1, static_cast<Real>(1e-7), 1};
  problem.Run(module, "pairs", is_block);
  const std::string name = Name("pairs", setting);
  for (long long row = 0; row < setting.rows; row++) {
    std::vector<double> x;
    std::vector<double> y;
    for (int c = 0; c < setting.classes; c++) {
      x.push_back(problem.input.Get(row, c));
      y.push_back(problem.targets.Get(row, c));
    }
    ExpectClose(problem.Loss(row), Pair(setting.function, x, y), Precision(setting.type),
                name + ": loss");
    for (int c = 0; c < setting.classes; c += 1 + setting.classes / 8) {
      std::vector<double> moved = x;
      auto f = [&](double at) {
        moved[c] = at;
        return Pair(setting.function, moved, y);
      };
      ExpectClose(problem.output.Get(row, c), problem.factors[row] * Slope(f, x[c]),
                  SlopePrecision(setting.type), name + ": slope");
    }
  }
  Case twin(setting, -2, 2);
  CheckTwins(problem, twin, module, "pairs", is_block);
}

template <class Real>
void CheckType(int type, const host::Module& elements, const host::Module& pairs) {
  const fibers::Order orders[] = {
      fibers::Order::kForward, fibers::Order::kBackward, fibers::Order::kShuffled};
  auto check = [&](int classes, long long rows, bool is_across, fibers::Order order) {
    bool is_block = classes > 1024;
    for (int kind = 0; kind <= SQUARED_HINGE; kind++) {
      CheckElements<Real>({kind, type, classes, rows, is_across, order}, is_block, elements);
    }
    for (int kind = 0; kind <= CATEGORICAL_HINGE; kind++) {
      CheckPairs<Real>({kind, type, classes, rows, is_across, order}, is_block, pairs);
    }
  };
  for (int classes : {1, 2, 3, 7, 33, 64}) {
    long long rows = classes < 8 ? 131 : 5;
    check(classes, rows, false, orders[classes % 3]);
    check(classes, rows, true, orders[classes % 3]);
  }
  check(1001, 5, false, fibers::Order::kShuffled);
  for (fibers::Order order : orders) {
    check(1025, 2, false, order);
  }
}

}  // namespace

int main() {
  CheckType<float>(FLOAT32, host::ElementsFloat32(), host::PairsFloat32());
  CheckType<float>(FLOAT16, host::ElementsFloat32(), host::PairsFloat32());
  CheckType<float>(BFLOAT16, host::ElementsFloat32(), host::PairsFloat32());
  CheckType<double>(FLOAT64, host::ElementsFloat64(), host::PairsFloat64());
  std::printf("comparison kernels on the host: %d checks, %d failed\n", checks, failures);
  return failures == 0 ? 0 : 1;
}
