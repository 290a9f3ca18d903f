#include "cubin.h"

#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace gate {
namespace {

template <class T>
T Read(const std::string& bytes, std::size_t at) {
  if (at + sizeof(T) > bytes.size()) {
    throw std::runtime_error("the cubin ends early");
  }
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

constexpr std::size_t kSectionHeader = 64;

}  // namespace

long Kernel::Target(std::size_t place) const {
  const Instruction& branch = code[place];
  std::uint64_t bits = branch.low >> 34 | (branch.high & 0x3FFFF) << 30;
  std::int64_t offset = static_cast<std::int64_t>(bits << 16) >> 16;
  if (architecture >= 90) {
    offset = offset * 256 + static_cast<std::int64_t>(branch.low >> 16 & 0xFF);
  }
  return static_cast<long>(place) + 1 + static_cast<long>(offset * 4 / 16);
}

std::vector<Kernel> ReadCubin(const std::string& path, int architecture) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (bytes.compare(0, 4, "\177ELF") != 0) {
    throw std::runtime_error(path + " is no cubin");
  }
  auto headers = Read<std::uint64_t>(bytes, 0x28);
  auto count = Read<std::uint16_t>(bytes, 0x3C);
  auto names = Read<std::uint16_t>(bytes, 0x3E);
  auto field = [&](int section, std::size_t at) { return headers + section * kSectionHeader + at; };
  auto names_offset = Read<std::uint64_t>(bytes, field(names, 0x18));
  std::vector<Kernel> kernels;
  for (int section = 0; section < count; section++) {
    std::string name(&bytes.at(names_offset + Read<std::uint32_t>(bytes, field(section, 0))));
    if (name.rfind(".text.", 0) != 0) {
      continue;
    }
    auto offset = Read<std::uint64_t>(bytes, field(section, 0x18));
    auto size = Read<std::uint64_t>(bytes, field(section, 0x20));
    Kernel kernel{name.substr(6), {}, architecture};
    for (std::uint64_t at = 0; at < size; at += 16) {
      kernel.code.push_back({Read<std::uint64_t>(bytes, offset + at),
                             Read<std::uint64_t>(bytes, offset + at + 8)});
    }
    kernels.push_back(std::move(kernel));
  }
  return kernels;
}

}  // namespace gate
