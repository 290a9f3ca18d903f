// Reading settings and mutants.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace emulated {

// What stands before and after the first `separator`; all and nothing where there is none.
std::pair<std::string, std::string> SplitOnce(const std::string& text, char separator);

std::vector<std::string> Split(const std::string& text, char separator);

std::string Trimmed(const std::string& text);

// Throws std::invalid_argument, a sentence that goes on after the text.
std::uint64_t NumberFrom(const std::string& text, std::uint64_t least, std::uint64_t most);

// An address or a handle.
std::string Hexadecimal(std::uint64_t number);

// Throws std::invalid_argument that names the file.
std::string ContentsOf(const std::string& file);

}  // namespace emulated
