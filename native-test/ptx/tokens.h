// PTX text cut into words, numbers, strings and single characters.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ptx {

struct Token {
  enum class Kind { kWord, kNumber, kString, kCharacter, kEnd };
  Kind kind;
  std::string text;
  int line;
};

// Throws Error (kInvalidPtx).
std::vector<Token> CutTokens(std::string_view text);

}  // namespace ptx
