// Asynchronous work: a graph of tasks, each after those that streams and events put before it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <unordered_set>
#include <vector>

#include "cuda.h"
#include "report.h"
#include "settings.h"

namespace emulated {

struct Context {
  Handle handle = 0;
  int device = 0;
  unsigned flags = 0;
  bool primary = false;
  // The error that every call gets once there has been one that nothing recovers from.
  CUresult lost = CUDA_SUCCESS;
};

struct Task {
  std::string what;
  std::shared_ptr<Context> context;
  // Throws Failure or Misuse: the context is lost.
  std::function<void()> run;
  std::vector<std::shared_ptr<Task>> after;
  bool done = false;
  std::chrono::steady_clock::time_point ended;
};

class Work {
 public:
  Work(const Settings& settings, Report& report) : settings_(settings), report_(report) {}

  // Runs the task now if the order is eager; else once something waits for it.
  void Add(const std::shared_ptr<Task>& task);
  // Runs the task and all that it needs; in a lazy order with a seed, other tasks too.
  void Finish(std::shared_ptr<Task> task);
  // Runs one task that this one needs, or itself: what a poll does, so that polling ends.
  void Step(std::shared_ptr<Task> task);
  void FinishAll(const Context& context);
  // Begins the random choices of a lazy order anew.
  void Reseed() { random_.seed(settings_.order_seed); }

 private:
  using Needed = std::unordered_set<const Task*>;

  static bool IsReady(const Task& task);
  // A ready task, one of `needed` unless that is null; null if there is none.
  std::shared_ptr<Task> Choose(const Needed* needed);
  void Run(std::shared_ptr<Task> task);

  const Settings& settings_;
  Report& report_;
  std::mt19937_64 random_;
  // In the order in which they were issued.
  std::vector<std::shared_ptr<Task>> pending_;
};

}  // namespace emulated
