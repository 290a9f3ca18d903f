#include "tokens.h"

#include <cctype>

#include "ptx.h"

namespace ptx {
namespace {

bool StartsWord(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '$' ||
         c == '%';
}

bool ContinuesWord(char c) {
  return StartsWord(c) || std::isdigit(static_cast<unsigned char>(c));
}

}  // namespace

std::vector<Token> CutTokens(std::string_view text) {
  std::vector<Token> tokens;
  int line = 1;
  std::size_t at = 0;
  const auto next_is = [&](std::string_view what) { return text.substr(at, what.size()) == what; };
  while (at < text.size() && text[at] != '\0') {
    const char c = text[at];
    if (c == '\n') {
      ++line;
      ++at;
    } else if (std::isspace(static_cast<unsigned char>(c))) {
      ++at;
    } else if (next_is("//")) {
      at = std::min(text.find('\n', at), text.size());
    } else if (next_is("/*")) {
      const std::size_t end = text.find("*/", at);
      if (end == std::string_view::npos) {
        throw Error(Fault::kInvalidPtx, "line " + std::to_string(line) + ": unclosed comment");
      }
      for (; at < end + 2; ++at) line += text[at] == '\n';
    } else if (c == '"') {
      const std::size_t end = text.find('"', at + 1);
      if (end == std::string_view::npos) {
        throw Error(Fault::kInvalidPtx, "line " + std::to_string(line) + ": unclosed string");
      }
      const std::string content(text.substr(at + 1, end - at - 1));
      tokens.push_back({Token::Kind::kString, content, line});
      at = end + 1;
    } else if (std::isdigit(static_cast<unsigned char>(c)) || StartsWord(c)) {
      const bool number = std::isdigit(static_cast<unsigned char>(c));
      const std::size_t start = at;
      // A colon ends a label, two are part of a modifier such as .L2::128B.
      while (at < text.size() && (ContinuesWord(text[at]) || next_is("::"))) {
        at += text[at] == ':' ? 2 : 1;
      }
      tokens.push_back({number ? Token::Kind::kNumber : Token::Kind::kWord,
                        std::string(text.substr(start, at - start)), line});
    } else {
      tokens.push_back({Token::Kind::kCharacter, std::string(1, c), line});
      ++at;
    }
  }
  tokens.push_back({Token::Kind::kEnd, "", line});
  return tokens;
}

}  // namespace ptx
