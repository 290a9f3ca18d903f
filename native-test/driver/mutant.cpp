#include "mutant.h"

#include <algorithm>
#include <regex>
#include <sstream>
#include <stdexcept>

#include "text.h"

namespace emulated {
namespace {

std::vector<std::string> Words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

struct Lines {
  std::size_t begin;
  std::size_t end;
};

// The lines of a kernel, from its .entry to the brace that closes it.
Lines LinesOf(const std::string& kernel, const std::vector<std::string>& lines) {
  const std::regex entry("\\.entry\\s+" + kernel + "\\s*(\\(.*)?$");
  const auto begin = std::find_if(lines.begin(), lines.end(), [&](const std::string& line) {
    return std::regex_search(line, entry);
  });
  if (begin == lines.end()) throw std::invalid_argument("there is no kernel " + kernel);
  long depth = 0;
  bool is_inside = false;
  auto end = begin;
  for (; end != lines.end() && !(is_inside && depth == 0); ++end) {
    depth += std::count(end->begin(), end->end(), '{') - std::count(end->begin(), end->end(), '}');
    is_inside = is_inside || depth > 0;
  }
  return {static_cast<std::size_t>(begin - lines.begin()),
          static_cast<std::size_t>(end - lines.begin())};
}

}  // namespace

Mutant Mutant::Read(const std::string& folder, const std::string& name) {
  Mutant mutant;
  mutant.name_ = name;
  const std::string file = folder + "/" + name + ".mutant";
  int number = 0;
  try {
    for (const std::string& raw : Split(ContentsOf(file), '\n')) {
      ++number;
      const std::string line = Trimmed(raw);
      if (line.empty() || line[0] == '#') continue;
      const auto [key, value] = SplitOnce(line, ':');
      mutant.Take(Trimmed(key), Trimmed(value));
    }
    mutant.Check();
  } catch (const std::exception& e) {
    throw std::invalid_argument(file + ":" + std::to_string(number) + ": " + e.what());
  }
  return mutant;
}

void Mutant::Take(const std::string& key, const std::string& value) {
  if (key == "module") {
    module_ = value;
  } else if (key == "kernel") {
    kernel_ = value;
  } else if (key == "find") {
    find_ = value;
  } else if (key == "replace") {
    replace_ = value;
  } else if (key == "skip" || key == "repeat" || key == "elsewhere") {
    call_ = value;
    change_ = key == "skip"     ? CallChange::kSkip
              : key == "repeat" ? CallChange::kRepeat
                                : CallChange::kElsewhere;
  } else if (key == "occurrence") {
    occurrence_ = value == "all" ? 0 : NumberFrom(value, 1, UINT64_MAX);
  } else if (key == "killed by") {
    killed_by_ = Words(value);
  } else if (key == "with") {
    settings_.push_back(SplitOnce(value, '='));
  } else if (key == "shows") {
    const std::regex throws_if_malformed(value);
  } else {
    throw std::invalid_argument("\"" + key + "\" is none of module, kernel, find, replace, skip, " +
                                "repeat, elsewhere, occurrence, killed by, shows, with");
  }
}

void Mutant::Check() const {
  if (find_.empty() == call_.empty()) {
    throw std::invalid_argument("a mutant has either find, or one of skip, repeat and elsewhere");
  }
  if (!find_.empty() && module_.empty()) throw std::invalid_argument("find wants a module");
  if (killed_by_.empty()) throw std::invalid_argument("nothing is said to kill it");
  const std::regex throws_if_malformed(find_);
}

std::string Mutant::Edited(const std::string& ptx) const {
  std::vector<std::string> lines = Split(ptx, '\n');
  const Lines range = kernel_.empty() ? Lines{0, lines.size()} : LinesOf(kernel_, lines);
  const std::regex pattern(find_);
  std::uint64_t found = 0;
  bool edited = false;
  for (std::size_t i = range.begin; i < range.end; ++i) {
    if (!std::regex_search(lines[i], pattern)) continue;
    ++found;
    if (occurrence_ != 0 && found != occurrence_) continue;
    const std::string before = lines[i];
    lines[i] = std::regex_replace(before, pattern, replace_,
                                  std::regex_constants::format_first_only);
    edited = edited || lines[i] != before;
  }
  if (!edited) {
    throw std::invalid_argument("mutant " + name_ + ": \"" + find_ + "\" matches " +
                                std::to_string(found) + " lines of module " + module_ +
                                (kernel_.empty() ? "" : ", kernel " + kernel_) +
                                ", and none is changed");
  }
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

CallChange Mutant::At(const std::string& function) {
  if (function != call_) return CallChange::kNone;
  ++calls_;
  return occurrence_ == 0 || calls_ == occurrence_ ? change_ : CallChange::kNone;
}

}  // namespace emulated
