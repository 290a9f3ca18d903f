// What the tests of the interpreter share.
#pragma once

#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "../ptx.h"

namespace ptx_test {

using ptx::Fault;
using ptx::Schedule;

inline int passed = 0;
inline int failed = 0;
inline std::string folder;

inline void Expect(bool holds, const std::string& what) {
  ++(holds ? passed : failed);
  if (!holds) std::cout << "FAILED " << what << "\n";
}

inline void ExpectNear(double got, double want, double error, const std::string& what) {
  const bool same = got == want || (got != got && want != want);
  if (same || std::fabs(got - want) <= error) {
    ++passed;
    return;
  }
  char text[128];
  std::snprintf(text, sizeof(text), ": %.17g, expected %.17g within %g", got, want, error);
  Expect(false, what + text);
}

inline std::string ReadFile(const std::string& name) {
  std::ifstream file(folder + "/" + name);
  if (!file) throw std::runtime_error("cannot read " + folder + "/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

inline std::string Replaced(std::string text, const std::string& old, const std::string& with) {
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

inline std::uint64_t Run(const ptx::Module& module, const std::string& kernel, unsigned grid,
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

inline void ExpectFault(Fault fault, const std::vector<std::string>& words,
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

inline std::vector<Schedule> Schedules() {
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

inline std::string NameOf(const Schedule& schedule) {
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

// A kernel of one pointer in %rd1, whose thread's number is in %r1.
inline std::string KernelOf(const std::string& body) {
  return ".version 6.3\n.target sm_75\n.address_size 64\n"
         ".visible .entry k(.param .u64 p)\n{\n"
         ".reg .pred %p<8>;\n.reg .b32 %r<20>;\n.reg .f32 %f<8>;\n.reg .b64 %rd<8>;\n"
         ".shared .align 16 .b8 s[1024];\n"
         "ld.param.u64 %rd1, [p];\ncvta.to.global.u64 %rd1, %rd1;\nmov.u32 %r1, %tid.x;\n" +
         body + "\nret;\n}\n";
}

inline std::vector<int> RunBody(const std::string& body, unsigned threads,
                         const Schedule& schedule = Schedule()) {
  const auto module = ptx::Module::Parse(KernelOf(body));
  std::vector<int> data(64, 0);
  Buffers memory;
  memory.Add(data);
  Run(*module, "k", 1, threads, Parameters().Add(data.data()), memory, schedule);
  return data;
}

inline const std::string kStoreR2 =
    "mul.wide.u32 %rd2, %r1, 4;\nadd.s64 %rd3, %rd1, %rd2;\nst.global.u32 [%rd3], %r2;\n";

void TestSoftmax();
void TestFunctions();
void TestApproximations();
void TestIntegers();
void TestInstructions();
void TestRefusals();
void TestChecks();
void TestRaces();
void TestSoftmaxFaults();

}  // namespace ptx_test
