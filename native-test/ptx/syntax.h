// PTX text as it is written: what the parser makes of a module, before anything is resolved.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "program.h"

namespace ptx {

struct Operand {
  enum class Kind {
    kRegister,   // index: the register of the function.
    kSpecial,    // name: of a special register.
    kVariable,   // index: the variable of the function; value: bytes from its start.
    kSymbol,     // name: a label or something of the module; value: bytes from its start.
    kInteger,    // value
    kFloat32,    // value: its bits.
    kFloat64,    // value: its bits.
    kAddress,    // list[0]: the base; value: the offset.
    kVector,     // list
    kPair,       // list: d|p
    kSink,       // _
  };
  Kind kind;
  int index = 0;
  std::uint64_t value = 0;
  bool negated = false;
  std::string name;
  std::vector<Operand> list;
};

struct Statement {
  int line;
  // Of the register in front of the instruction, as in @!%p1; −1 where there is none.
  int guard = -1;
  bool guard_negated = false;
  // Empty for a label, whose name is the only operand's.
  std::string opcode;
  std::vector<Operand> operands;
};

struct Variable {
  Space space;
  std::string name;
  std::size_t size = 0;
  std::size_t alignment = 1;
  bool is_external = false;
  std::vector<unsigned char> initial;
};

struct Function {
  std::string name;
  int line = 0;
  bool is_kernel = false;
  bool has_body = false;
  std::vector<std::string> register_names;
  // Returned values first, then parameters, then what the body declares.
  std::vector<Variable> variables;
  int returned = 0;
  int parameters = 0;
  unsigned max_threads = 0;
  std::vector<Statement> statements;
  // The lists of .branchtargets by their labels.
  std::map<std::string, std::vector<std::string>> branch_targets;
};

struct Syntax {
  int version = 0;
  int target = 0;
  std::vector<std::string> lines;
  std::vector<Variable> variables;
  std::vector<Function> functions;
};

// Throws Error (kInvalidPtx) that names the line.
Syntax ParseSyntax(std::string_view text);

[[noreturn]] void RefuseLine(const std::string& what, int line,
                             const std::vector<std::string>& lines);

}  // namespace ptx
