// Runs the kernels of a device loss on the host, under sanitizers: what row kernels leave is given,
// and the sums are compared, bit for bit, with those of an expansion of doubles.
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "fibers.h"
#include "loss_parameters.cuh"
#include "matrices.h"
#include "modules.h"

namespace {

constexpr int kClasses = 9;
constexpr int kIgnored = -100;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The sum of all, rounded once: parts that do not overlap, the least first (Shewchuk 1997).
double SumOf(const std::vector<double>& numbers) {
  std::vector<double> parts;
  for (double x : numbers) {
    std::size_t kept = 0;
    for (double y : parts) {
      if (std::abs(x) < std::abs(y)) {
        std::swap(x, y);
      }
      double high = x + y;
      double low = y - (high - x);
      if (low != 0) {
        parts[kept++] = low;
      }
      x = high;
    }
    parts.resize(kept);
    parts.push_back(x);
  }
  double sum = 0;
  double low = 0;
  std::size_t left = parts.size();
  while (left > 0 && low == 0) {
    double x = sum;
    double y = parts[--left];
    sum = x + y;
    low = y - (sum - x);
  }
  // Halfway between two doubles the next part decides.
  if (left > 0 && ((low < 0 && parts[left - 1] < 0) || (low > 0 && parts[left - 1] > 0))) {
    double other = sum + 2 * low;
    sum = other - sum == 2 * low ? other : sum;
  }
  return sum;
}

struct Setting {
  long long rows;
  bool is_long;
  int weight_type;
  bool has_sample_weights;
  bool has_class_weights;
  int blocks;
  fibers::Order order;
};

// Losses are minus what the rows hold at their targets, times the weights.
template <class Real>
struct Problem {
  Setting setting;
  std::vector<int> targets;
  std::vector<long long> long_targets;
  std::vector<int> row_targets;
  std::vector<double> class_weights;
  std::vector<double> sample_weights;
  std::vector<char> stored_weights;
  std::vector<Real> columns;
  std::vector<double> row_losses;
  std::vector<Real> row_factors;
  LossState state;
  LossParameters call;

  explicit Problem(const Setting& setting)
      : setting(setting),
        row_targets(setting.rows),
        stored_weights(setting.rows * BytesOf(setting.weight_type)),
        row_losses(setting.rows, 77),
        row_factors(setting.rows) {
    std::mt19937_64 random(setting.rows + setting.blocks);
    std::uniform_int_distribution<int> exponents(sizeof(Real) == 4 ? -120 : -1000,
                                                 sizeof(Real) == 4 ? 120 : 990);
    std::uniform_real_distribution<double> factors(-2, 2);
    for (int c = 0; c < kClasses; c++) {
      class_weights.push_back(std::abs(factors(random)));
    }
    for (long long row = 0; row < setting.rows; row++) {
      targets.push_back(row % 7 == 3 ? kIgnored : static_cast<int>(random() % kClasses));
      SetWeight(row, factors(random));
      columns.push_back(static_cast<Real>(std::ldexp(factors(random), exponents(random))));
    }
    std::memset(&call, 0, sizeof(call));
    std::memset(&state, 0x5A, sizeof(state));
    call.state = &state;
    call.row_targets = row_targets.data();
    call.class_weights = setting.has_class_weights ? class_weights.data() : nullptr;
    call.sample_weights = setting.has_sample_weights ? stored_weights.data() : nullptr;
    call.weight_type = setting.weight_type;
    call.column_memory = columns.data();
    call.row_losses = row_losses.data();
    call.row_factors = setting.has_sample_weights ? row_factors.data() : nullptr;
    call.rows = setting.rows;
    call.ignored_class = kIgnored;
    call.upstream = 3;
    call.empty_mean = 5;
    call.shift_unit = 1;
    call.target_share = 1;
    call.classes = kClasses;
    call.ignores = 1;
    call.is_mean = 1;
    call.columns = TARGET_ORDERED;
  }

  void SetWeight(long long row, double weight) {
    char* at = stored_weights.data() + row * BytesOf(setting.weight_type);
    Store(weight, at, setting.weight_type);
    sample_weights.resize(setting.rows);
    sample_weights[row] = Load(at, setting.weight_type);
  }

  double SampleWeight(long long row) const {
    return setting.has_sample_weights ? sample_weights[row] : 1;
  }

  double ClassWeight(long long row) const {
    return setting.has_class_weights ? class_weights[targets[row]] : 1;
  }

  void Run(const host::Module& kernels) {
    long_targets.assign(targets.begin(), targets.end());
    call.targets = setting.is_long ? static_cast<const void*>(long_targets.data())
                                   : static_cast<const void*>(targets.data());
    const std::string index = setting.is_long ? "_long" : "_int";
    const std::string real = sizeof(Real) == 4 ? "_FLOAT32" : "_FLOAT64";
    auto launch = [&](const std::string& name, int blocks) {
      auto kernel = kernels.at(name);
      fibers::Launch({blocks, 1, LOSS_THREADS, 0}, setting.order, [&] { kernel(&call); });
    };
    launch("begin_loss", 1);
    launch("check_targets" + index, setting.blocks);
    launch("finish_targets" + index, 1);
    if (call.row_factors != nullptr) {
      launch("scale_rows" + real, setting.blocks);
    }
    launch("add_losses" + real, setting.blocks);
    launch("finish_loss", 1);
  }

  std::string Name() const {
    return std::to_string(setting.rows) + " rows, " + std::to_string(setting.blocks) +
           " blocks, weights of type " + std::to_string(setting.weight_type);
  }
};

bool IsSame(double a, double b) { return std::memcmp(&a, &b, sizeof(a)) == 0; }

template <class Real>
void Check(const Setting& setting, const host::Module& kernels) {
  Problem<Real> problem(setting);
  problem.Run(kernels);
  std::vector<double> losses;
  std::vector<double> weights;
  for (long long row = 0; row < setting.rows; row++) {
    double loss = 0;
    if (problem.targets[row] != kIgnored) {
      double weight = problem.SampleWeight(row);
      double element = problem.columns[row];
      loss = weight * (problem.ClassWeight(row) * -element);
      losses.push_back(loss);
      weights.push_back(weight * problem.ClassWeight(row));
    }
    Expect(problem.row_losses[row] == loss,
           problem.Name() + ": loss of row " + std::to_string(row) + " is " +
               std::to_string(problem.row_losses[row]) + ", not " + std::to_string(loss));
  }
  double denominator = SumOf(weights);
  double want = losses.empty() ? 5 : SumOf(losses) / denominator;
  Expect(problem.state.counted == static_cast<long long>(losses.size()),
         problem.Name() + ": counted rows");
  Expect(IsSame(problem.state.denominator, denominator) || weights.empty(),
         problem.Name() + ": denominator " + std::to_string(problem.state.denominator) + ", not " +
             std::to_string(denominator));
  Expect(IsSame(problem.state.loss, want), problem.Name() + ": loss " +
                                               std::to_string(problem.state.loss) + ", not " +
                                               std::to_string(want));
  if (setting.has_sample_weights) {
    for (long long row = 0; row < setting.rows; row++) {
      Real factor = static_cast<Real>(3 / denominator * problem.SampleWeight(row));
      Expect(problem.row_factors[row] == factor || weights.empty(),
             problem.Name() + ": factor of row " + std::to_string(row));
    }
  }
}

// Sums whose rounding is decided far from their first bits, or that have none.
void CheckSums(const host::Module& kernels) {
  const double most = std::numeric_limits<double>::max();
  const double tiny = std::numeric_limits<double>::denorm_min();
  const std::vector<std::vector<double>> sums = {
      {1e300, 1, -1e300, tiny},
      {1, 0x1p-53},
      {1, 0x1p-53, 0x1p-200},
      {-1, -0x1p-53, -0x1p-200},
      {1 + 0x1p-52, 0x1p-53},
      {0x1p61, 1, 0x1p8, 0x1p-900},
      {tiny, 3 * tiny, -tiny},
      {std::numeric_limits<double>::min(), -tiny},
      {-most, most, most, -1},
      {5, -5},
  };
  for (const std::vector<double>& numbers : sums) {
    Setting setting{static_cast<long long>(numbers.size()), false,
                    FLOAT64, false, false, 1, fibers::Order::kForward};
    Problem<double> problem(setting);
    problem.call.is_mean = 0;
    problem.call.denominator = 1;
    for (std::size_t row = 0; row < numbers.size(); row++) {
      problem.targets[row] = 0;
      problem.columns[row] = -numbers[row];
    }
    problem.Run(kernels);
    Expect(problem.state.loss == SumOf(numbers),
           "a sum is " + std::to_string(problem.state.loss) + ", not " +
               std::to_string(SumOf(numbers)));
  }
  for (double addend : {kInfinity, -kInfinity, std::nan("")}) {
    Problem<double> problem({3, false, FLOAT64, false, false, 1, fibers::Order::kForward});
    problem.call.is_mean = 0;
    problem.call.denominator = 1;
    problem.columns[1] = -addend;
    problem.Run(kernels);
    bool is_nan = addend != addend;
    Expect(is_nan ? problem.state.loss != problem.state.loss : problem.state.loss == addend,
           "a sum with " + std::to_string(addend) + " is " + std::to_string(problem.state.loss));
  }
}

void CheckRefusals(const host::Module& kernels) {
  for (bool is_long : {false, true}) {
    Setting setting{500, is_long, FLOAT16, true, false, 2, fibers::Order::kShuffled};
    Problem<float> weight(setting);
    weight.SetWeight(333, kInfinity);
    weight.SetWeight(401, kInfinity);
    weight.Run(kernels);
    Expect(weight.state.first_bad == 333 && weight.state.bad == 0 &&
               weight.state.bad_weight == kInfinity,
           "a bad weight is not found");
    Problem<float> target(setting);
    target.SetWeight(3, kInfinity);
    target.targets[217] = kClasses;
    target.targets[450] = -1;
    target.Run(kernels);
    Expect(target.state.first_bad == 217 && target.state.bad == 2 &&
               target.state.bad_value == kClasses,
           "a bad target is not found");
    for (const Problem<float>* problem : {&weight, &target}) {
      Expect(problem->state.loss != problem->state.loss, "the loss of a refused call is a number");
      for (double loss : problem->row_losses) {
        Expect(loss == 77, "a refused call has written");
      }
    }
  }
}

}  // namespace

int main() {
  const host::Module kernels = host::DeviceLoss();
  for (fibers::Order order :
       {fibers::Order::kForward, fibers::Order::kBackward, fibers::Order::kShuffled}) {
    for (long long rows : {1, 31, 128, 300, 1500}) {
      for (int blocks : {1, 3}) {
        for (int type : {FLOAT32, FLOAT64, FLOAT16, BFLOAT16}) {
          Check<double>({rows, type == FLOAT16, type, true, type == FLOAT64, blocks, order},
                        kernels);
          Check<float>({rows, type == FLOAT32, type, true, type == BFLOAT16, blocks, order},
                       kernels);
        }
        Check<double>({rows, false, FLOAT32, false, true, blocks, order}, kernels);
        Check<float>({rows, true, FLOAT32, false, false, blocks, order}, kernels);
      }
    }
  }
  CheckSums(kernels);
  CheckRefusals(kernels);
  std::printf("a device loss on the host: %d checks, %d failed\n", checks, failures);
  return failures == 0 ? 0 : 1;
}
