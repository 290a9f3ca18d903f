// Tests without a framework: TEST registers one, EXPECT notes what is not as it should be.
#pragma once

#include <functional>
#include <iostream>
#include <string>
#include <vector>

namespace test {

struct Case {
  const char* name;
  void (*body)();
};

inline std::vector<Case>& Cases() {
  static std::vector<Case> cases;
  return cases;
}

inline int& Failures() {
  static int failures = 0;
  return failures;
}

struct Registration {
  Registration(const char* name, void (*body)()) { Cases().push_back({name, body}); }
};

template <class A, class B>
void Expect(const A& actual, const B& expected, const char* what, const char* file, int line) {
  if (actual == expected) return;
  ++Failures();
  std::cerr << file << ":" << line << ": " << what << " is " << actual << ", not " << expected
            << "\n";
}

inline int RunAll(const char* program, void (*before_each)()) {
  for (const Case& each : Cases()) {
    const int failures = Failures();
    before_each();
    each.body();
    if (Failures() != failures) std::cerr << "failed: " << each.name << "\n";
  }
  const std::string name = program;
  std::cout << name.substr(name.rfind('/') + 1) << ": " << Cases().size() << " tests, "
            << Failures() << " failures\n";
  return Failures() == 0 ? 0 : 1;
}

}  // namespace test

#define TEST(name)                                              \
  static void name();                                           \
  static const test::Registration registration_##name(#name, name); \
  static void name()

#define EXPECT(actual, expected) test::Expect(actual, expected, #actual, __FILE__, __LINE__)
