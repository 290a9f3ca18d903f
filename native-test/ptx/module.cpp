#include <map>

#include "decoder.h"
#include "grid.h"
#include "ptx.h"
#include "syntax.h"

namespace ptx {
namespace {

// Variables start at multiples of this; no vector is larger.
constexpr std::size_t kAlignment = 256;

// The variables of a space one after the other, in memory that stays where it is.
class Storage {
 public:
  Storage(const std::vector<Variable>& variables, Space space, Addresses& addresses) {
    std::map<const Variable*, std::size_t> offsets;
    std::size_t size = 0;
    for (const Variable& variable : variables) {
      if (variable.space != space) continue;
      offsets[&variable] = size;
      size = (size + variable.size + kAlignment - 1) / kAlignment * kAlignment;
    }
    bytes_.assign(size + kAlignment, 0);
    char* const begin =
        bytes_.data() + (-reinterpret_cast<std::uintptr_t>(bytes_.data()) & (kAlignment - 1));
    for (const auto& [variable, offset] : offsets) {
      std::copy(variable->initial.begin(), variable->initial.end(), begin + offset);
      addresses[variable->name] = reinterpret_cast<std::uint64_t>(begin + offset);
    }
    region_ = {begin, size};
  }

  Region region() const { return region_; }

 private:
  std::vector<char> bytes_;
  Region region_;
};

class ParsedModule : public Module {
 public:
  explicit ParsedModule(Syntax syntax)
      : syntax_(std::move(syntax)),
        global_(syntax_.variables, Space::kGlobal, addresses_),
        constant_(syntax_.variables, Space::kConst, addresses_) {
    for (const Function& function : syntax_.functions) {
      if (!function.is_kernel || !function.has_body) continue;
      programs_.push_back(DecodeKernel(syntax_, function, addresses_));
      kernels_.push_back(programs_.back().info);
    }
  }

  int version() const override { return syntax_.version; }
  int target() const override { return syntax_.target; }
  const std::vector<KernelInfo>& kernels() const override { return kernels_; }

  std::uint64_t Run(const KernelInfo& kernel, const Launch& launch, const void* parameters,
                    const Memory& memory, const Schedule& schedule) const override {
    for (const Program& program : programs_) {
      if (program.info.name != kernel.name) continue;
      return RunGrid({program, launch, parameters, memory, schedule, global_.region(),
                      constant_.region(), syntax_.lines});
    }
    throw Error(Fault::kInvalidPtx, "there is no kernel '" + kernel.name + "'");
  }

 private:
  const Syntax syntax_;
  Addresses addresses_;
  const Storage global_;
  const Storage constant_;
  std::vector<Program> programs_;
  std::vector<KernelInfo> kernels_;
};

}  // namespace

std::unique_ptr<Module> Module::Parse(std::string_view text) {
  return std::make_unique<ParsedModule>(ParseSyntax(text));
}

}  // namespace ptx
