// What the stand-in has found wrong in its caller: a line each, to a file or to standard error.
#pragma once

#include <string>

#include "cuda.h"

namespace emulated {

// A call that fails as it may on any machine.
struct Failure {
  CUresult code;
  std::string why;
};

// A call that no correct program makes: it fails, and the report says so.
struct Misuse {
  CUresult code;
  std::string why;
};

class Report {
 public:
  // Lines go to standard error while `file` is empty.
  void WriteTo(const std::string& file);
  // `kind` is one word, such as leak or misuse.
  void Say(const std::string& kind, const std::string& text);
  long lines() const { return lines_; }

 private:
  std::string file_;
  long lines_ = 0;
};

}  // namespace emulated
