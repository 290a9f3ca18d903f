#include <cstdlib>
#include <optional>

#include "names.h"
#include "syntax.h"
#include "tokens.h"

namespace ptx {
namespace {

std::optional<std::size_t> BytesOfType(const std::string& type) {
  static const std::map<std::string, std::size_t> sizes = {
      {".b8", 1},  {".u8", 1},  {".s8", 1},  {".b16", 2}, {".u16", 2}, {".s16", 2}, {".f16", 2},
      {".b32", 4}, {".u32", 4}, {".s32", 4}, {".f32", 4}, {".b64", 8}, {".u64", 8}, {".s64", 8},
      {".f64", 8}, {".f16x2", 4}, {".pred", 1}};
  const auto found = sizes.find(type);
  if (found == sizes.end()) return std::nullopt;
  return found->second;
}

std::optional<Space> SpaceNamed(const std::string& name) {
  static const std::map<std::string, Space> spaces = {{".global", Space::kGlobal},
                                                      {".shared", Space::kShared},
                                                      {".local", Space::kLocal},
                                                      {".const", Space::kConst},
                                                      {".param", Space::kParam}};
  const auto found = spaces.find(name);
  if (found == spaces.end()) return std::nullopt;
  return found->second;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : tokens_(CutTokens(text)) {
    std::size_t start = 0;
    while (start <= text.size()) {
      const std::size_t end = std::min(text.find('\n', start), text.size());
      syntax_.lines.emplace_back(text.substr(start, end - start));
      start = end + 1;
    }
  }

  Syntax Parse() {
    while (Now().kind != Token::Kind::kEnd) ParseModuleItem();
    if (syntax_.version == 0) Refuse(".version is missing");
    if (syntax_.target == 0) Refuse(".target is missing");
    return std::move(syntax_);
  }

 private:
  const Token& Now() const { return tokens_[at_]; }
  const Token& After() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  Token Take() {
    Token token = Now();
    if (token.kind == Token::Kind::kEnd) Refuse("the text ends too early");
    ++at_;
    return token;
  }
  bool Sees(std::string_view text) const {
    return Now().text == text && Now().kind != Token::Kind::kString;
  }
  bool TakeIf(std::string_view text) {
    if (!Sees(text)) return false;
    ++at_;
    return true;
  }
  void Expect(std::string_view text) {
    if (!TakeIf(text)) {
      Refuse("expected '" + std::string(text) + "' and found '" + Now().text + "'");
    }
  }
  [[noreturn]] void Refuse(const std::string& what) const {
    RefuseLine(what, Now().line, syntax_.lines);
  }
  void SkipLine() {
    const int line = Now().line;
    while (Now().kind != Token::Kind::kEnd && Now().line == line) ++at_;
  }
  std::uint64_t TakeInteger() {
    const Operand operand = ParseNumber();
    if (operand.kind != Operand::Kind::kInteger) Refuse("expected an integer");
    return operand.value;
  }

  void ParseModuleItem() {
    if (Sees(".version")) {
      ++at_;
      const double version = std::strtod(Take().text.c_str(), nullptr);
      syntax_.version = static_cast<int>(version * 10 + 0.5);
    } else if (Sees(".target")) {
      ++at_;
      const std::string name = Take().text;
      if (name.rfind("sm_", 0) != 0) Refuse("unknown target '" + name + "'");
      syntax_.target = std::atoi(name.c_str() + 3);
      while (TakeIf(",")) Take();
    } else if (Sees(".address_size")) {
      ++at_;
      if (TakeInteger() != 64) Refuse("addresses have 64 bits here");
    } else if (Sees(".file") || Sees(".loc")) {
      SkipLine();
    } else if (Sees(".section")) {
      while (!Sees("{")) Take();
      for (int depth = 0; depth != 0 || Sees("{");) {
        depth += Sees("{") ? 1 : Sees("}") ? -1 : 0;
        Take();
      }
    } else if (Sees(".pragma")) {
      while (!TakeIf(";")) Take();
    } else {
      ParseDeclaration();
    }
  }

  void ParseDeclaration() {
    bool is_external = false;
    for (;; ++at_) {
      if (Sees(".extern")) {
        is_external = true;
      } else if (!Sees(".visible") && !Sees(".weak") && !Sees(".common")) {
        break;
      }
    }
    if (Sees(".entry") || Sees(".func")) {
      ParseFunction();
    } else {
      Variable variable = ParseVariable();
      variable.is_external = is_external;
      syntax_.variables.push_back(std::move(variable));
      Expect(";");
    }
  }

  // .space .align 8 .b8 name[n] = {…}, without what ends it.
  Variable ParseVariable() {
    Variable variable;
    const std::optional<Space> space = SpaceNamed(Now().text);
    if (!space) Refuse("'" + Now().text + "' is not known here");
    ++at_;
    variable.space = *space;
    std::size_t element = 0;
    std::size_t vector = 1;
    variable.alignment = 0;
    while (Now().text[0] == '.') {
      const std::string word = Take().text;
      if (word == ".align") {
        variable.alignment = TakeInteger();
      } else if (word == ".ptr") {
        if (SpaceNamed(Now().text)) ++at_;
        if (TakeIf(".align")) TakeInteger();
      } else if (word == ".v2" || word == ".v4") {
        vector = word == ".v2" ? 2 : 4;
      } else if (const auto bytes = BytesOfType(word)) {
        element = *bytes;
      } else {
        Refuse("'" + word + "' is not known in a declaration");
      }
    }
    if (element == 0) Refuse("a declaration without a type");
    variable.name = Take().text;
    variable.size = element * vector;
    if (variable.alignment == 0) variable.alignment = variable.size;
    while (TakeIf("[")) {
      variable.size *= Sees("]") ? 0 : TakeInteger();
      Expect("]");
    }
    if (TakeIf("=")) ParseInitial(variable, element);
    if (variable.initial.size() > variable.size) Refuse("more values than the variable has room");
    return variable;
  }

  void ParseInitial(Variable& variable, std::size_t element) {
    if (TakeIf("{")) {
      while (!TakeIf("}")) {
        ParseInitial(variable, element);
        if (!Sees("}")) Expect(",");
      }
      return;
    }
    if (Now().kind == Token::Kind::kWord) Refuse("an address as initial value is not supported");
    const Operand number = ParseNumber();
    const auto* bytes = reinterpret_cast<const unsigned char*>(&number.value);
    variable.initial.insert(variable.initial.end(), bytes, bytes + element);
  }

  void ParseFunction() {
    Function function;
    function.line = Now().line;
    function.is_kernel = Take().text == ".entry";
    names_ = Names();
    function_ = &function;
    if (Sees("(")) function.returned = ParseParameters();
    function.name = Take().text;
    if (Sees("(")) function.parameters = ParseParameters();
    ParseFunctionDirectives();
    if (TakeIf("{")) {
      function.has_body = true;
      ParseBody();
    } else {
      Expect(";");
    }
    function_ = nullptr;
    for (Function& known : syntax_.functions) {
      if (known.name != function.name) continue;
      if (known.has_body && function.has_body) Refuse("'" + function.name + "' is there twice");
      if (function.has_body) known = std::move(function);
      return;
    }
    syntax_.functions.push_back(std::move(function));
  }

  int ParseParameters() {
    int count = 0;
    Expect("(");
    while (!TakeIf(")")) {
      if (Sees(".reg")) Refuse("parameters in registers are not supported");
      DeclareVariable(ParseVariable());
      ++count;
      if (!Sees(")")) Expect(",");
    }
    return count;
  }

  void ParseFunctionDirectives() {
    while (Now().text[0] == '.') {
      const std::string word = Take().text;
      if (word == ".maxntid" || word == ".reqntid") {
        unsigned threads = static_cast<unsigned>(TakeInteger());
        while (TakeIf(",")) threads *= static_cast<unsigned>(TakeInteger());
        function_->max_threads = threads;
      } else if (word == ".minnctapersm" || word == ".maxnreg") {
        TakeInteger();
      } else if (word == ".pragma") {
        while (!TakeIf(";")) Take();
      } else if (word != ".noreturn") {
        Refuse("'" + word + "' is not known here");
      }
    }
  }

  void DeclareVariable(Variable variable) {
    names_.AddVariable(variable.name, static_cast<int>(function_->variables.size()));
    function_->variables.push_back(std::move(variable));
  }

  void ParseBody() {
    for (names_.Open(); names_.IsOpen();) {
      if (TakeIf("{")) {
        names_.Open();
      } else if (TakeIf("}")) {
        names_.Close();
      } else if (Sees(".reg")) {
        ParseRegisters();
      } else if (Sees(".loc") || Sees(".file")) {
        SkipLine();
      } else if (Sees(".pragma")) {
        while (!TakeIf(";")) Take();
      } else if (SpaceNamed(Now().text)) {
        DeclareVariable(ParseVariable());
        Expect(";");
      } else if (After().text == ":") {
        ParseLabel();
      } else {
        ParseInstruction();
      }
    }
  }

  void ParseRegisters() {
    Expect(".reg");
    const std::string type = Take().text;
    if (!BytesOfType(type)) Refuse("registers of type '" + type + "' are not known");
    do {
      const std::string name = Take().text;
      const int first = static_cast<int>(function_->register_names.size());
      if (TakeIf("<")) {
        const int count = static_cast<int>(TakeInteger());
        Expect(">");
        for (int k = 0; k < count; ++k) {
          function_->register_names.push_back(name + std::to_string(k));
        }
        names_.AddRegisters(name, first, count);
      } else {
        function_->register_names.push_back(name);
        names_.AddRegister(name, first);
      }
    } while (TakeIf(","));
    Expect(";");
  }

  void ParseLabel() {
    const Token label = Take();
    Expect(":");
    if (TakeIf(".branchtargets")) {
      std::vector<std::string>& targets = function_->branch_targets[label.text];
      do targets.push_back(Take().text);
      while (TakeIf(","));
      Expect(";");
    } else if (Sees(".callprototype") || Sees(".calltargets")) {
      while (!TakeIf(";")) Take();
    } else {
      Statement statement;
      statement.line = label.line;
      Operand operand;
      operand.kind = Operand::Kind::kSymbol;
      operand.name = label.text;
      statement.operands.push_back(std::move(operand));
      function_->statements.push_back(std::move(statement));
    }
  }

  void ParseInstruction() {
    Statement statement;
    statement.line = Now().line;
    if (TakeIf("@")) {
      statement.guard_negated = TakeIf("!");
      statement.guard = names_.FindRegister(Take().text);
      if (statement.guard < 0) Refuse("the register of the guard is not declared");
    }
    if (Now().kind != Token::Kind::kWord) Refuse("expected an instruction");
    statement.opcode = Take().text;
    while (!TakeIf(";")) {
      statement.operands.push_back(ParseOperand());
      if (!Sees(";")) Expect(",");
    }
    function_->statements.push_back(std::move(statement));
  }

  Operand ParseList(std::string_view end) {
    Operand vector;
    vector.kind = Operand::Kind::kVector;
    while (!TakeIf(end)) {
      vector.list.push_back(ParseOperand());
      if (!Sees(end)) Expect(",");
    }
    return vector;
  }

  Operand ParseOperand() {
    if (TakeIf("{")) return ParseList("}");
    if (TakeIf("(")) return ParseList(")");
    if (TakeIf("[")) {
      Operand address;
      address.kind = Operand::Kind::kAddress;
      address.list.push_back(ParseSimple());
      // A variable's own offset and the address's are one.
      address.value = address.list[0].value;
      if (address.list[0].kind == Operand::Kind::kInteger) {
        address.value = 0;
      } else {
        address.list[0].value = 0;
      }
      address.value += ParseOffset();
      Expect("]");
      return address;
    }
    Operand first = ParseSimple();
    if (!TakeIf("|")) return first;
    Operand pair;
    pair.kind = Operand::Kind::kPair;
    pair.list.push_back(std::move(first));
    pair.list.push_back(ParseSimple());
    return pair;
  }

  std::uint64_t ParseOffset() {
    if (!TakeIf("+")) return Sees("-") ? TakeInteger() : 0;
    return TakeInteger();
  }

  Operand ParseSimple() {
    if (Now().kind == Token::Kind::kNumber || Sees("-")) return ParseNumber();
    Operand operand;
    operand.negated = TakeIf("!");
    operand.name = Take().text;
    if (operand.name == "_") {
      operand.kind = Operand::Kind::kSink;
      return operand;
    }
    if (operand.name == "WARP_SZ") {
      operand.kind = Operand::Kind::kInteger;
      operand.value = 32;
      return operand;
    }
    operand.index = names_.FindRegister(operand.name);
    if (operand.index >= 0) {
      operand.kind = Operand::Kind::kRegister;
      return operand;
    }
    if (operand.name[0] == '%') {
      operand.kind = Operand::Kind::kSpecial;
      return operand;
    }
    operand.index = names_.FindVariable(operand.name);
    operand.kind = operand.index >= 0 ? Operand::Kind::kVariable : Operand::Kind::kSymbol;
    if (Sees("+")) operand.value = ParseOffset();
    return operand;
  }

  Operand ParseNumber() {
    const bool negative = TakeIf("-");
    const std::string text = Take().text;
    const std::optional<Operand> number = ReadNumber(text, negative);
    if (!number) Refuse("'" + text + "' is not a number");
    return *number;
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  Syntax syntax_;
  Names names_;
  Function* function_ = nullptr;
};

}  // namespace

void RefuseLine(const std::string& what, int line, const std::vector<std::string>& lines) {
  std::string text = line >= 1 && line <= static_cast<int>(lines.size()) ? lines[line - 1] : "";
  text.erase(0, text.find_first_not_of(" \t"));
  throw Error(Fault::kInvalidPtx, "line " + std::to_string(line) + ": " + what + ": " + text);
}

Syntax ParseSyntax(std::string_view text) { return Parser(text).Parse(); }

}  // namespace ptx
