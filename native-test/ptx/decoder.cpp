#include "decoder.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "flow.h"
#include "layout.h"
#include "operations.h"

namespace ptx {
namespace {

bool EndsWith(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// A function whose statements are being decoded: the kernel, or what one of its calls calls.
struct Scope {
  const Function* function;
  std::int32_t first_register;
  // Of each variable its address in its space; parameters of calls are in local memory.
  std::vector<std::uint64_t> addresses;
  std::map<std::string, int> labels;
  // Where `ret` goes on; −1 in the kernel.
  int return_label;
  int depth;
};

constexpr int kDeepestCall = 32;

class Decoder {
 public:
  Decoder(const Syntax& syntax, const Function& kernel, const Addresses& addresses)
      : syntax_(syntax), kernel_(kernel), addresses_(addresses), shared_(syntax, kernel) {}

  Program Decode() {
    program_.info.name = kernel_.name;
    program_.info.max_threads = kernel_.max_threads;
    line_ = kernel_.line;
    program_.info.static_shared_bytes = shared_.static_bytes();
    program_.shared_bytes = shared_.dynamic_start();
    Scope scope = Enter(kernel_, -1, 0);
    DecodeStatements(scope);
    // Who runs past the last statement has ended as well.
    Emit(control::Exit).ends = true;
    program_.registers_end = program_.slots = next_register_;
    DecodedKernel checked = CheckWrites(std::move(result_), program_);
    ShareSlots(checked, program_);
    Link(checked);
    return std::move(program_);
  }

 private:
  [[noreturn]] void Refuse(const std::string& what) const {
    RefuseLine(what, line_, syntax_.lines);
  }

  Scope Enter(const Function& function, int return_label, int depth) {
    Scope scope{&function, next_register_, {}, {}, return_label, depth};
    next_register_ += static_cast<std::int32_t>(function.register_names.size());
    int index = 0;
    for (const Variable& variable : function.variables) {
      const bool is_parameter = function.is_kernel && index++ < function.parameters;
      scope.addresses.push_back(is_parameter ? AddParameter(variable) : Place(variable));
    }
    for (const Statement& statement : function.statements) {
      if (!statement.opcode.empty()) continue;
      const std::string& name = statement.operands[0].name;
      if (!scope.labels.emplace(name, NewLabel()).second) {
        line_ = statement.line;
        Refuse("the label is there twice");
      }
    }
    return scope;
  }

  std::uint64_t AddParameter(const Variable& variable) {
    const std::size_t offset = AlignUp(program_.parameter_bytes, variable.alignment);
    program_.info.parameters.push_back({offset, variable.size, variable.alignment});
    program_.parameter_bytes = offset + variable.size;
    return offset;
  }

  std::uint64_t Place(const Variable& variable) {
    if (variable.space == Space::kShared) {
      return shared_.AddressOf(variable);
    }
    if (variable.space != Space::kLocal && variable.space != Space::kParam) {
      Refuse("the space of '" + variable.name + "' is not supported in a function");
    }
    program_.local_bytes = AlignUp(program_.local_bytes, variable.alignment);
    const std::size_t address = program_.local_bytes;
    program_.local_bytes += variable.size;
    return address;
  }

  int NewLabel() {
    result_.labels.push_back(0);
    return static_cast<int>(result_.labels.size()) - 1;
  }

  void Bind(int label) { result_.labels[label] = result_.code.size(); }

  Decoded& Emit(Handler handler) {
    Decoded decoded;
    decoded.instruction.handler = handler;
    decoded.line = line_;
    result_.code.push_back(std::move(decoded));
    return result_.code.back();
  }

  void EmitJump(int label) {
    Decoded& jump = Emit(control::Jump);
    jump.label = label;
    jump.ends = true;
  }

  // Jumps where the guard holds, or where it does not.
  void EmitJumpIf(const Scope& scope, const Statement& statement, bool holds, int label) {
    const bool on_true = holds != statement.guard_negated;
    Decoded& jump = Emit(on_true ? control::JumpIfTrue : control::JumpIfFalse);
    jump.label = label;
    jump.instruction.a = scope.first_register + statement.guard;
    jump.reads.push_back(&Instruction::a);
  }

  std::int32_t Constant(std::uint64_t value) {
    const auto [found, is_new] =
        constants_.emplace(value, -1 - static_cast<std::int32_t>(program_.constants.size()));
    if (is_new) program_.constants.push_back(value);
    return found->second;
  }

  std::uint64_t AddressOf(const Scope& scope, const Operand& operand) {
    if (operand.kind == Operand::Kind::kVariable) return scope.addresses[operand.index];
    const auto global = addresses_.find(operand.name);
    if (global != addresses_.end()) return global->second;
    for (const Variable& variable : syntax_.variables) {
      if (variable.name == operand.name && variable.space == Space::kShared) {
        return shared_.AddressOf(variable);
      }
    }
    Refuse("'" + operand.name + "' is not known");
  }

  std::int32_t SourceSlot(const Scope& scope, const Operand& operand, const std::string& opcode) {
    switch (operand.kind) {
      case Operand::Kind::kRegister:
        return scope.first_register + operand.index;
      case Operand::Kind::kSpecial: {
        const auto slot = FindSpecial(operand.name);
        if (!slot) Refuse("the special register '" + operand.name + "' is not supported");
        return *slot;
      }
      case Operand::Kind::kInteger:
        return Constant(operand.value);
      case Operand::Kind::kFloat32: {
        if (!EndsWith(opcode, ".f64")) return Constant(operand.value);
        float value;
        std::memcpy(&value, &operand.value, sizeof(value));
        return ConstantOf(static_cast<double>(value));
      }
      case Operand::Kind::kFloat64: {
        if (!EndsWith(opcode, ".f32")) return Constant(operand.value);
        double value;
        std::memcpy(&value, &operand.value, sizeof(value));
        return ConstantOf(static_cast<float>(value));
      }
      case Operand::Kind::kVariable:
      case Operand::Kind::kSymbol:
        return Constant(AddressOf(scope, operand) + operand.value);
      default:
        Refuse("an operand is of a kind that is not supported here");
    }
  }

  template <class T>
  std::int32_t ConstantOf(T value) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof(value));
    return Constant(bits);
  }

  void Read(const Scope& scope, Decoded& decoded, Decoded::Field field, const Operand& operand,
            const std::string& opcode) {
    decoded.instruction.*field = SourceSlot(scope, operand, opcode);
    if (operand.kind == Operand::Kind::kRegister) decoded.reads.push_back(field);
  }

  void Write(const Scope& scope, Decoded& decoded, Decoded::Field field, const Operand& operand) {
    if (operand.kind == Operand::Kind::kSink) {
      decoded.instruction.*field = kSink;
      return;
    }
    if (operand.kind != Operand::Kind::kRegister) Refuse("a result goes to a register");
    decoded.instruction.*field = scope.first_register + operand.index;
    decoded.writes.push_back(field);
  }

  void DecodeStatements(Scope& scope) {
    for (const Statement& statement : scope.function->statements) {
      line_ = statement.line;
      if (statement.opcode.empty()) {
        Bind(scope.labels.at(statement.operands[0].name));
      } else {
        DecodeStatement(scope, statement);
      }
    }
  }

  void DecodeStatement(const Scope& scope, const Statement& statement) {
    const std::string& opcode = statement.opcode;
    if (opcode == "bra" || opcode == "bra.uni") {
      if (statement.operands.size() != 1) Refuse("a branch has one target");
      const int label = LabelNamed(scope, statement.operands[0].name);
      if (statement.guard < 0) {
        EmitJump(label);
      } else {
        EmitJumpIf(scope, statement, true, label);
      }
      return;
    }
    int behind = -1;
    if (statement.guard >= 0) {
      behind = NewLabel();
      EmitJumpIf(scope, statement, false, behind);
    }
    if (opcode == "ret" || opcode == "ret.uni" || opcode == "exit") {
      if (opcode != "exit" && scope.return_label >= 0) {
        EmitJump(scope.return_label);
      } else {
        Emit(control::Exit).ends = true;
      }
    } else if (opcode == "call" || opcode == "call.uni") {
      DecodeCall(scope, statement);
    } else if (opcode == "brx.idx" || opcode == "brx.idx.uni") {
      DecodeTable(scope, statement);
    } else if (opcode != "pmevent") {
      DecodeOperation(scope, statement);
    }
    if (behind >= 0) Bind(behind);
  }

  int LabelNamed(const Scope& scope, const std::string& name) const {
    const auto found = scope.labels.find(name);
    if (found == scope.labels.end()) Refuse("the label '" + name + "' is not known");
    return found->second;
  }

  void DecodeTable(const Scope& scope, const Statement& statement) {
    if (statement.operands.size() != 2) Refuse("brx.idx has an index and a list of targets");
    const auto list = scope.function->branch_targets.find(statement.operands[1].name);
    if (list == scope.function->branch_targets.end()) Refuse("the list of targets is not known");
    Decoded& jump = Emit(control::JumpTable);
    Read(scope, jump, &Instruction::a, statement.operands[0], statement.opcode);
    jump.instruction.extra = static_cast<std::int32_t>(list->second.size());
    for (const std::string& target : list->second) EmitJump(LabelNamed(scope, target));
  }

  void DecodeCall(const Scope& scope, const Statement& statement) {
    std::vector<const Operand*> arguments;
    const Function* callee = nullptr;
    for (const Operand& operand : statement.operands) {
      if (operand.kind == Operand::Kind::kVector) {
        for (const Operand& argument : operand.list) arguments.push_back(&argument);
      } else if (callee == nullptr) {
        for (const Function& function : syntax_.functions) {
          if (function.name == operand.name) callee = &function;
        }
      }
    }
    if (callee == nullptr || !callee->has_body) Refuse("a call of what is not defined here");
    if (scope.depth == kDeepestCall) Refuse("calls are too deep, or recursive");
    if (arguments.size() != static_cast<std::size_t>(callee->returned + callee->parameters)) {
      Refuse("the call does not have the arguments of what it calls");
    }
    const int behind = NewLabel();
    const int line = line_;
    Scope inner = Enter(*callee, behind, scope.depth + 1);
    // What the caller passes and what the callee is given are the same memory.
    for (std::size_t k = 0; k < arguments.size(); ++k) {
      if (arguments[k]->kind != Operand::Kind::kVariable) Refuse("arguments are .param variables");
      const Variable& passed = scope.function->variables[arguments[k]->index];
      if (passed.size != callee->variables[k].size) Refuse("an argument has another size");
      inner.addresses[k] = scope.addresses[arguments[k]->index];
    }
    DecodeStatements(inner);
    line_ = line;
    Bind(behind);
  }

  // Parameters are in the kernel's own space or, of functions and of calls, in local memory.
  std::string ResolveSpace(const Scope& scope, const Statement& statement) const {
    const std::string& opcode = statement.opcode;
    const bool loads = opcode.compare(0, 9, "ld.param.") == 0;
    if (!loads && opcode.compare(0, 9, "st.param.") != 0) return opcode;
    const std::size_t at = loads ? 1 : 0;
    if (at >= statement.operands.size() || statement.operands[at].list.empty()) return opcode;
    const Operand& base = statement.operands[at].list[0];
    const bool of_kernel = base.kind == Operand::Kind::kVariable
                               ? base.index < scope.function->parameters
                               : true;
    if (loads && of_kernel && scope.function->is_kernel) return opcode;
    return opcode.substr(0, 3) + "local" + opcode.substr(8);
  }

  static std::string NameOf(const std::string& opcode, const Statement& statement) {
    if (opcode.compare(0, 4, "mov.") != 0 || statement.operands.size() != 2) return opcode;
    for (int k = 0; k < 2; ++k) {
      const Operand& operand = statement.operands[k];
      if (operand.kind != Operand::Kind::kVector) continue;
      return opcode + (k == 0 ? " unpack " : " pack ") + std::to_string(operand.list.size());
    }
    return opcode;
  }

  void DecodeOperation(const Scope& scope, const Statement& statement) {
    const std::string opcode = ResolveSpace(scope, statement);
    const Operation* known = Operations::All().Find(NameOf(opcode, statement));
    std::optional<Operation> operation;
    if (known != nullptr) {
      operation = *known;
    } else {
      operation = FindMemoryOperation(opcode);
    }
    if (!operation) Refuse("the instruction '" + statement.opcode + "' is not known");
    if (operation->granule > 0) {
      program_.shared_granule =
          std::min(program_.shared_granule, operation->granule / operation->vector);
    }
    Decoded decoded;
    decoded.instruction.handler = operation->handler;
    decoded.instruction.extra = 0;
    decoded.moves = operation->moves;
    BindOperands(scope, statement, opcode, *operation, decoded);
    decoded.line = line_;
    if (operation->handler == control::TrapHere) decoded.ends = true;
    result_.code.push_back(std::move(decoded));
  }

  void BindOperands(const Scope& scope, const Statement& statement, const std::string& opcode,
                    const Operation& operation, Decoded& decoded) {
    const std::size_t expected = std::strlen(operation.operands);
    const std::vector<Operand>& operands = statement.operands;
    std::size_t next = 0;
    for (const char* pattern = operation.operands; *pattern != '\0'; ++pattern) {
      if (*pattern == 'B' && operands.size() < expected) {
        decoded.instruction.b = Constant(0);
        continue;
      }
      if (next == operands.size()) Refuse("an operand is missing");
      BindOperand(scope, operands[next++], *pattern, opcode, operation, decoded);
    }
    if (next != operands.size()) Refuse("there are more operands than the instruction has");
  }

  void BindOperand(const Scope& scope, const Operand& operand, char pattern,
                   const std::string& opcode, const Operation& operation, Decoded& decoded) {
    static constexpr Decoded::Field kResults[] = {&Instruction::d, &Instruction::a,
                                                  &Instruction::b, &Instruction::c};
    static constexpr Decoded::Field kParts[] = {&Instruction::a, &Instruction::b, &Instruction::c,
                                                &Instruction::e};
    switch (pattern) {
      case 'd':
        Write(scope, decoded, &Instruction::d, operand);
        break;
      case 'p': {
        const bool is_pair = operand.kind == Operand::Kind::kPair;
        Write(scope, decoded, &Instruction::d, is_pair ? operand.list[0] : operand);
        if (is_pair) {
          Write(scope, decoded, &Instruction::extra, operand.list[1]);
        } else {
          decoded.instruction.extra = kSink;
        }
        break;
      }
      case 'V':
      case 'v':
      case 'w':
        for (int k = 0; k < operation.vector; ++k) {
          const bool is_vector = operand.kind == Operand::Kind::kVector;
          if (static_cast<int>(is_vector ? operand.list.size() : 1) != operation.vector) {
            Refuse("the vector has another length than the instruction");
          }
          const Operand& part = is_vector ? operand.list[k] : operand;
          if (pattern == 'V') {
            Write(scope, decoded, kResults[k], part);
          } else {
            Read(scope, decoded, pattern == 'v' ? kResults[k] : kParts[k], part, opcode);
          }
        }
        break;
      case '@':
        BindAddress(scope, operand, decoded);
        break;
      default:
        BindValue(scope, operand, pattern, opcode, decoded);
        break;
    }
  }

  void BindAddress(const Scope& scope, const Operand& operand, Decoded& decoded) {
    if (operand.kind != Operand::Kind::kAddress) Refuse("expected an address in brackets");
    Read(scope, decoded, &Instruction::e, operand.list[0], "");
    const auto offset = static_cast<std::int64_t>(operand.value);
    decoded.instruction.extra = static_cast<std::int32_t>(offset);
    if (decoded.instruction.extra != offset) Refuse("the offset of an address has 32 bits");
  }

  void BindValue(const Scope& scope, const Operand& operand, char pattern,
                 const std::string& opcode, Decoded& decoded) {
    const Decoded::Field field = pattern == 'a'                     ? &Instruction::a
                                 : pattern == 'b' || pattern == 'B' ? &Instruction::b
                                 : pattern == 'c'                   ? &Instruction::c
                                                                    : &Instruction::e;
    if (!operand.negated) {
      Read(scope, decoded, field, operand, opcode);
      return;
    }
    Decoded& negation = Emit(control::NotPredicate);
    Read(scope, negation, &Instruction::a, operand, opcode);
    negation.instruction.d = next_register_;
    negation.writes.push_back(&Instruction::d);
    decoded.instruction.*field = next_register_++;
    decoded.reads.push_back(field);
  }

  void Link(const DecodedKernel& kernel) {
    for (const Decoded& decoded : kernel.code) {
      Instruction instruction = decoded.instruction;
      if (decoded.label >= 0) {
        instruction.extra = static_cast<std::int32_t>(kernel.labels[decoded.label]) -
                            static_cast<std::int32_t>(program_.code.size());
      }
      program_.code.push_back(instruction);
      program_.lines.push_back(decoded.line);
    }
  }

  const Syntax& syntax_;
  const Function& kernel_;
  const Addresses& addresses_;
  const SharedLayout shared_;
  Program program_;
  DecodedKernel result_;
  std::map<std::uint64_t, std::int32_t> constants_;
  std::int32_t next_register_ = kSpecialSlots;
  int line_ = 0;
};

}  // namespace

Program DecodeKernel(const Syntax& syntax, const Function& kernel, const Addresses& addresses) {
  return Decoder(syntax, kernel, addresses).Decode();
}

}  // namespace ptx
