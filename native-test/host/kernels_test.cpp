// Runs the row kernels on the host, under sanitizers, and compares them with the definitions in
// double. Which kernel serves which call is the product's choice; here each is called by its name.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "fibers.h"
#include "matrices.h"
#include "modules.h"
#include "row_parameters.cuh"

namespace {

struct Setting {
  std::string tier;
  int type;
  int classes;
  long long rows;
  bool pads;
  bool keeps;
  fibers::Order order;
};

template <class Real>
struct Problem {
  Setting setting;
  bool is_turned;
  Memory input;
  Memory output;
  std::vector<int> targets;
  std::vector<Real> columns;
  std::vector<char> segments;
  std::vector<char> scalars;
  RowParameters<Real> call;

  explicit Problem(const Setting& setting)
      : setting(setting),
        is_turned(setting.tier == "across"),
        input(setting.type, setting.rows, setting.classes, Padded(setting), is_turned),
        output(setting.type, setting.rows, setting.classes, Padded(setting), is_turned) {
    std::mt19937 random(setting.classes);
    std::normal_distribution<double> logits(0, 3);
    for (long long row = 0; row < setting.rows; row++) {
      for (int c = 0; c < setting.classes; c++) {
        input.Set(row, c, logits(random));
      }
      targets.push_back(row == 1 ? -1 : static_cast<int>(random() % setting.classes));
    }
    columns.assign(20 * setting.rows, std::numeric_limits<Real>::quiet_NaN());
    long long count = (setting.classes + SEGMENT - 1) / SEGMENT;
    segments.resize(setting.rows * count * BYTES_OF_TOTALS);
    scalars.resize(setting.rows * BYTES_OF_SCALARS);
    std::memset(&call, 0, sizeof(call));
    call.input = input.owned.get();
    call.column_memory = columns.data();
    call.targets = targets.data();
    call.segments = segments.data();
    call.row_scalars = scalars.data();
    call.rows = setting.rows;
    call.inner = 1;
    call.input_strides = input.strides;
    call.classes = setting.classes;
    call.lanes = 1;
    while (call.lanes < 32 && call.lanes * OCTET < setting.classes) {
      call.lanes *= 2;
    }
    call.flags = NORMALIZES;
    call.columns = SHIFT | SUM | TARGET_ORDERED;
    call.input_type = setting.type;
    call.output_type = setting.type;
    call.scale = 1;
    call.logit_scale = 1;
    call.softcap = 1;
    call.softcap_slope = 1;
    call.clip_high = 1;
    call.target_share = 1;
    call.gradient_scale = 1;
  }

  static long long Padded(const Setting& setting) {
    return setting.pads ? (setting.classes + 7) / 8 * 8 : setting.classes;
  }

  void WriteGradient() {
    call.output = output.owned.get();
    call.output_strides = output.strides;
    call.flags |= WRITES_GRADIENT;
  }

  void Run(const host::Module& module, const std::string& prefix) {
    auto launch = [&](const std::string& tier, fibers::Grid grid) {
      auto kernel = module.at(prefix + "_" + tier);
      fibers::Launch(grid, setting.order, [&] { kernel(&call); });
    };
    int rows = static_cast<int>(setting.rows);
    int count = (setting.classes + SEGMENT - 1) / SEGMENT;
    std::size_t row_bytes = (setting.classes + 7) / 8 * 8 * BytesOf(setting.type);
    if (setting.tier == "segments") {
      launch("segments", {count, rows, BLOCK_THREADS, 0});
      launch("combine", {(rows + COMBINE_THREADS - 1) / COMBINE_THREADS, 1, COMBINE_THREADS, 0});
      if (call.output != nullptr) {
        launch("write", {count, rows, BLOCK_THREADS, 0});
      }
    } else if (setting.tier == "block") {
      if (setting.keeps) {
        call.flags |= KEEPS_ROW;
      }
      launch("block", {rows, 1, BLOCK_THREADS, setting.keeps ? row_bytes : 0});
    } else if (setting.tier == "across") {
      launch("across", {(rows + ACROSS_THREADS - 1) / ACROSS_THREADS, 1, ACROSS_THREADS, 0});
    } else {
      int rows_of_block = REGISTER_THREADS / call.lanes;
      launch(setting.tier, {(rows + rows_of_block - 1) / rows_of_block, 1, REGISTER_THREADS, 0});
    }
  }

  double Column(unsigned column, long long row) const {
    int place = __builtin_popcount(call.columns & (column - 1));
    return columns[place * setting.rows + row];
  }

  std::string Name() const {
    return setting.tier + " type " + std::to_string(setting.type) + " classes " +
           std::to_string(setting.classes) + (setting.pads ? " padded" : "") +
           (setting.keeps ? " kept" : "");
  }
};

double LogSumExp(const Memory& input, long long row) {
  double greatest = -std::numeric_limits<double>::infinity();
  for (int c = 0; c < input.classes; c++) {
    greatest = std::max(greatest, input.Get(row, c));
  }
  double sum = 0;
  for (int c = 0; c < input.classes; c++) {
    sum += std::exp(input.Get(row, c) - greatest);
  }
  return greatest + std::log(sum);
}

double Tolerance(int type) { return type == FLOAT64 ? 1e-12 : 2e-6; }

// Half a unit in the last place of what a gradient is stored in, which is at most 1.
double StoredError(int type, double x) {
  double ulps = type == FLOAT64 ? 0x1p-53 : type == FLOAT32 ? 0x1p-24 : type == FLOAT16 ? 0x1p-11
                                                                                        : 0x1p-8;
  return std::abs(x) * ulps + (type == FLOAT16 ? 0x1p-25 : 0);
}

template <class Real>
void CheckLosses(const Problem<Real>& problem) {
  for (long long row = 0; row < problem.setting.rows; row++) {
    if (problem.targets[row] < 0) {
      continue;
    }
    double lse = LogSumExp(problem.input, row);
    double want = lse - problem.input.Get(row, problem.targets[row]);
    double got = problem.Column(SHIFT, row) + std::log(problem.Column(SUM, row)) -
                 problem.Column(TARGET_ORDERED, row);
    double bound = Tolerance(problem.setting.type);
    Expect(std::abs(got - want) <= bound + bound * std::abs(want),
           problem.Name() + ": loss of row " + std::to_string(row) + " is " +
               std::to_string(got) + ", not " + std::to_string(want));
  }
}

template <class Real>
void CheckGradients(const Problem<Real>& problem) {
  for (long long row = 0; row < problem.setting.rows; row++) {
    double lse = LogSumExp(problem.input, row);
    int target = problem.targets[row];
    int bad = 0;
    for (int c = 0; c < problem.setting.classes; c++) {
      double want = target < 0 ? 0 : std::exp(problem.input.Get(row, c) - lse) - (c == target);
      double got = problem.output.Get(row, c);
      double bound = (problem.setting.type == FLOAT64 ? 1e-12 : 2e-6) +
                     StoredError(problem.setting.type, want);
      bad += !(std::abs(got - want) <= bound);
    }
    Expect(bad == 0, problem.Name() + ": gradient of row " + std::to_string(row) + " is off in " +
                         std::to_string(bad) + " classes");
  }
}

// The plain kernels and the general one give the same bits.
template <class Real>
void CheckTwins(const Problem<Real>& plain, const Problem<Real>& general) {
  std::size_t rows = plain.setting.rows;
  for (unsigned column : {SHIFT, SUM, TARGET_ORDERED}) {
    for (std::size_t row = 0; row < rows; row++) {
      Real a = static_cast<Real>(plain.Column(column, row));
      Real b = static_cast<Real>(general.Column(column, row));
      Expect(std::memcmp(&a, &b, sizeof(Real)) == 0 || plain.targets[row] < 0,
             plain.Name() + ": a general kernel gives other bits");
    }
  }
}

template <class Real>
void CheckEverything(const Problem<Real>& problem) {
  for (long long row = 0; row < problem.setting.rows; row++) {
    int target = problem.targets[row];
    if (target < 0) {
      continue;
    }
    double lse = LogSumExp(problem.input, row);
    double shift = problem.Column(SHIFT, row);
    double sum = problem.Column(SUM, row);
    double entropy = 0;
    double square = 0;
    double moment = 0;
    double greatest = -std::numeric_limits<double>::infinity();
    int argmax = 0;
    int rank = 1;
    double at_target = problem.input.Get(row, target);
    for (int c = 0; c < problem.setting.classes; c++) {
      double z = problem.input.Get(row, c);
      double p = std::exp(z - lse);
      entropy -= p * (z - lse);
      square += p * p;
      moment += z - lse;
      rank += z > at_target || (z == at_target && c < target);
      if (z > greatest) {
        greatest = z;
        argmax = c;
      }
    }
    double log_sum = std::log(sum);
    double classes = problem.setting.classes;
    double got_entropy = log_sum - problem.Column(ENTROPY_MOMENT, row) / sum;
    double got_square = problem.Column(SQUARE_SUM, row) / (sum * sum);
    double got_moment = problem.Column(CLASS_MOMENT, row) - classes * log_sum;
    double bound = 4 * Tolerance(problem.setting.type);
    Expect(std::abs(got_entropy - entropy) <= bound * (1 + entropy), problem.Name() + ": entropy");
    Expect(std::abs(got_square - square) <= bound, problem.Name() + ": squares");
    Expect(std::abs(got_moment - moment) <= bound * std::abs(moment),
           problem.Name() + ": class moment " + std::to_string(got_moment) + ", not " +
               std::to_string(moment));
    Expect(std::abs(problem.Column(MAXIMUM, row) - (greatest - shift)) <= bound,
           problem.Name() + ": maximum");
    auto integer = [&](unsigned column) {
      Real x = static_cast<Real>(0);
      int place = __builtin_popcount(problem.call.columns & (column - 1));
      std::memcpy(&x, &problem.columns[place * problem.setting.rows + row], sizeof(x));
      long long bits = 0;
      std::memcpy(&bits, &x, sizeof(x));
      return sizeof(Real) == 4 ? static_cast<long long>(static_cast<int>(bits)) : bits;
    };
    Expect(integer(ARGMAX) == argmax, problem.Name() + ": argmax");
    Expect(integer(RANK) == rank, problem.Name() + ": rank " + std::to_string(integer(RANK)) +
                                      ", not " + std::to_string(rank));
  }
}

template <class Real>
void Check(const Setting& setting, const host::Module& plain, const host::Module& general) {
  Problem<Real> loss(setting);
  loss.Run(plain, "loss");
  CheckLosses(loss);

  Problem<Real> gradient(setting);
  gradient.WriteGradient();
  gradient.Run(plain, "gradient");
  CheckLosses(gradient);
  CheckGradients(gradient);
  CheckTwins(loss, gradient);

  Problem<Real> all(setting);
  all.WriteGradient();
  all.call.columns |= CLASS_MOMENT | ENTROPY_MOMENT | SQUARE_SUM | MAXIMUM | ARGMAX | RANK;
  all.Run(general, "rows");
  CheckLosses(all);
  CheckGradients(all);
  CheckTwins(loss, all);
  CheckEverything(all);

  // Over the logits themselves.
  Problem<Real> in_place(setting);
  in_place.WriteGradient();
  in_place.call.output = in_place.input.owned.get();
  in_place.Run(plain, "gradient");
  Expect(std::memcmp(in_place.input.owned.get(), gradient.output.owned.get(), 0) == 0, "");
  for (long long row = 0; row < setting.rows; row++) {
    for (int c = 0; c < setting.classes; c++) {
      if (std::memcmp(in_place.input.At(row, c), gradient.output.At(row, c),
                      BytesOf(setting.type)) != 0) {
        Expect(false, gradient.Name() + ": in place the gradient has other bits");
        return;
      }
    }
  }
}

template <class Real>
void CheckType(int type, const host::Module& plain, const host::Module& general) {
  const bool is_double = sizeof(Real) == 8;
  for (fibers::Order order :
       {fibers::Order::kForward, fibers::Order::kBackward, fibers::Order::kShuffled}) {
    for (bool pads : {true, false}) {
      for (int classes : {1, 2, 7, 8, 10, 31, 33, 64, 129, 255, 256}) {
        Check<Real>({"registers_1", type, classes, 37, pads, false, order}, plain, general);
      }
      for (int classes : {257, 1000, 1024}) {
        if (!is_double) {
          Check<Real>({"registers_4", type, classes, 6, pads, false, order}, plain, general);
        }
      }
      for (int classes : {1025, 3001, 8192, 9000}) {
        Check<Real>({"block", type, classes, 3, pads, false, order}, plain, general);
        Check<Real>({"block", type, classes, 3, pads, true, order}, plain, general);
      }
    }
    for (int classes : {1, 9, 100}) {
      Check<Real>({"across", type, classes, 130, false, false, order}, plain, general);
    }
  }
  Check<Real>({"segments", type, 2 * SEGMENT + 4001, 2, true, false, fibers::Order::kForward},
              plain, general);
}

// A row split at its segments has the bits of a row that is not.
template <class Real>
void CheckSplit(int type, const host::Module& plain) {
  Setting setting{"block", type, SEGMENT + 77, 2, false, false, fibers::Order::kForward};
  Problem<Real> whole(setting);
  whole.Run(plain, "loss");
  setting.tier = "segments";
  Problem<Real> split(setting);
  split.Run(plain, "loss");
  CheckTwins(whole, split);
}

}  // namespace

int main() {
  CheckType<float>(FLOAT32, host::PlainFloat32(), host::GeneralFloat32());
  CheckType<float>(FLOAT16, host::PlainFloat16(), host::GeneralFloat32());
  CheckType<float>(BFLOAT16, host::PlainBfloat16(), host::GeneralFloat32());
  CheckType<double>(FLOAT64, host::PlainFloat64(), host::GeneralFloat64());
  CheckSplit<float>(FLOAT32, host::PlainFloat32());
  CheckSplit<double>(FLOAT64, host::PlainFloat64());
  std::printf("row kernels on the host: %d checks, %d failed\n", checks, failures);
  return failures == 0 ? 0 : 1;
}
