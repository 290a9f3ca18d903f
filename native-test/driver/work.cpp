#include "work.h"

#include <algorithm>

namespace emulated {
namespace {

std::unordered_set<const Task*> NeedsOf(const Task& task) {
  std::unordered_set<const Task*> needed{&task};
  std::vector<const Task*> open{&task};
  while (!open.empty()) {
    const Task* next = open.back();
    open.pop_back();
    for (const auto& earlier : next->after) {
      if (!earlier->done && needed.insert(earlier.get()).second) open.push_back(earlier.get());
    }
  }
  return needed;
}

}  // namespace

void Work::Add(const std::shared_ptr<Task>& task) {
  pending_.push_back(task);
  if (settings_.order == Order::kEager) Finish(task);
}

bool Work::IsReady(const Task& task) {
  return std::all_of(task.after.begin(), task.after.end(),
                     [](const auto& earlier) { return earlier->done; });
}

std::shared_ptr<Task> Work::Choose(const Needed* needed) {
  std::vector<std::shared_ptr<Task>> ready;
  for (const auto& task : pending_) {
    if ((needed == nullptr || needed->count(task.get()) != 0) && IsReady(*task)) {
      ready.push_back(task);
    }
  }
  if (ready.empty()) return nullptr;
  return settings_.order_seed == 0 ? ready.back() : ready[random_() % ready.size()];
}

void Work::Run(std::shared_ptr<Task> task) {
  pending_.erase(std::find(pending_.begin(), pending_.end(), task));
  if (task->context->lost == CUDA_SUCCESS) {
    try {
      task->run();
    } catch (const Misuse& e) {
      task->context->lost = e.code;
      report_.Say("misuse", task->what + ": " + e.why);
    } catch (const Failure& e) {
      task->context->lost = e.code;
      report_.Say("lost", task->what + ": " + e.why);
    }
  }
  task->done = true;
  task->ended = std::chrono::steady_clock::now();
  // What the task holds would keep all that ran before it alive.
  task->run = nullptr;
  task->after.clear();
}

void Work::Finish(std::shared_ptr<Task> task) {
  if (task->done) return;
  const Needed needed = NeedsOf(*task);
  const bool others_run_too = settings_.order_seed != 0;
  while (!task->done) {
    const bool any = others_run_too && random_() % 4 == 0;
    Run(Choose(any ? nullptr : &needed));
  }
}

void Work::Step(std::shared_ptr<Task> task) {
  if (task->done) return;
  const Needed needed = NeedsOf(*task);
  Run(Choose(&needed));
}

void Work::FinishAll(const Context& context) {
  while (true) {
    const auto last = std::find_if(pending_.rbegin(), pending_.rend(), [&](const auto& task) {
      return task->context.get() == &context;
    });
    if (last == pending_.rend()) return;
    Finish(*last);
  }
}

}  // namespace emulated
