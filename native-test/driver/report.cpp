#include "report.h"

#include <cstdio>

namespace emulated {

void Report::WriteTo(const std::string& file) { file_ = file; }

void Report::Say(const std::string& kind, const std::string& text) {
  ++lines_;
  const std::string line = "emulated GPU: " + kind + ": " + text + "\n";
  // Opened anew for each line: several processes may share the file, and none may close it.
  std::FILE* file = file_.empty() ? nullptr : std::fopen(file_.c_str(), "a");
  std::fputs(line.c_str(), file == nullptr ? stderr : file);
  if (file != nullptr) std::fclose(file);
}

}  // namespace emulated
