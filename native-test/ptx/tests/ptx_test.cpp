// Tests of the interpreter: kernels that nvcc compiled against the same formulas in double, and
// each check seen to fire. Its argument is the folder of those kernels; with "speed" behind, it
// measures.
#include <chrono>
#include <thread>

#include "ptx_test.h"

namespace ptx_test {
namespace {

void MeasureSpeed() {
  const auto module = ptx::Module::Parse(ReadFile("softmax.ptx"));
  SoftmaxCase softmax(2000, 1028);
  for (const char* kernel : {"softmax_block", "softmax_warp"}) {
    for (const auto order : {Schedule::Order::kForward, Schedule::Order::kBackward}) {
      softmax.parameters.lanes = 32;
      const auto start = std::chrono::steady_clock::now();
      const std::uint64_t instructions =
          Run(*module, kernel, kernel[8] == 'b' ? 2000 : 500, kernel[8] == 'b' ? 256 : 128,
              Parameters().Add(softmax.parameters), softmax.memory,
              {order, Schedule::Rounding::kNearest, 0}, 1028 * 4);
      const double seconds =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      std::printf("%s on %u host threads: %.0f million instructions, %.0f million/s, "
                  "%.2f million elements/s\n", kernel,
                  order == Schedule::Order::kForward ? std::thread::hardware_concurrency() : 1,
                  instructions * 1e-6, instructions * 1e-6 / seconds, 2.056 / seconds);
    }
  }
}

}  // namespace
}  // namespace ptx_test

int main(int count, char** arguments) {
  using namespace ptx_test;
  folder = count > 1 ? arguments[1] : "testdata";
  try {
    if (count > 2 && std::string(arguments[2]) == "speed") {
      MeasureSpeed();
      return 0;
    }
    TestInstructions();
    TestRefusals();
    TestChecks();
    TestRaces();
    TestSoftmax();
    TestSoftmaxFaults();
    TestFunctions();
    TestApproximations();
    TestIntegers();
  } catch (const std::exception& error) {
    Expect(false, std::string("not expected: ") + error.what());
  }
  std::cout << passed << " passed, " << failed << " failed\n";
  return failed == 0 ? 0 : 1;
}
