// A fault planted at the driver's boundary, described by a small file: an edit of a PTX module's
// text, or a call that does nothing, is made twice, or in another device's context. The product's code is not touched.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace emulated {

enum class CallChange { kNone, kSkip, kRepeat, kElsewhere };

class Mutant {
 public:
  // Reads `folder`/NAME.mutant. Throws std::invalid_argument that names the file and the line.
  static Mutant Read(const std::string& folder, const std::string& name);

  const std::string& name() const { return name_; }
  bool edits_text() const { return !find_.empty(); }
  const std::string& module() const { return module_; }
  const std::vector<std::string>& killed_by() const { return killed_by_; }
  // Settings under which the mutant is to be killed.
  const std::vector<std::pair<std::string, std::string>>& settings() const { return settings_; }

  // The text with the fault in it. Throws std::invalid_argument where the pattern matches less
  // often than the mutant says.
  std::string Edited(const std::string& ptx) const;
  // Counts a call.
  CallChange At(const std::string& function);

 private:
  void Take(const std::string& key, const std::string& value);
  void Check() const;

  std::string name_;
  std::string module_;
  std::string kernel_;
  std::string find_;
  std::string replace_;
  std::string call_;
  CallChange change_ = CallChange::kNone;
  // 0: every one.
  std::uint64_t occurrence_ = 1;
  std::uint64_t calls_ = 0;
  std::vector<std::string> killed_by_;
  std::vector<std::pair<std::string, std::string>> settings_;
};

}  // namespace emulated
