// Each check is seen to fire: what is refused, what faults, what races.
#include "ptx_test.h"

namespace ptx_test {
namespace {

// Every thread writes its number into shared memory and reads that of thread %r1 ^ distance.
std::string Neighbours(const std::string& synchronisation, int distance) {
  return "mov.u32 %r3, s; shl.b32 %r4, %r1, 2; add.s32 %r5, %r3, %r4; st.shared.u32 [%r5], %r1;\n" +
         synchronisation + "\nxor.b32 %r6, %r4, " + std::to_string(distance * 4) +
         "; add.s32 %r7, %r3, %r6; ld.shared.u32 %r2, [%r7];\n";
}

}  // namespace

void TestRefusals() {
  const auto refuses = [](const std::string& text, const std::vector<std::string>& words,
                          const std::string& what) {
    ExpectFault(Fault::kInvalidPtx, words, [&] { ptx::Module::Parse(text); }, what);
  };
  refuses(KernelOf("frobnicate.u32 %r2, %r1;"), {"line 14", "'frobnicate.u32'"}, "opcode");
  refuses(KernelOf("add.rx.f32 %f2, %f1, %f1;"), {"line 14", "add.rx.f32"}, "modifier");
  refuses(KernelOf("ld.global.v3.u32 %r2, [%rd1];"), {"not known"}, "vector of three");
  refuses(KernelOf("add.s32 %r2, %r1;"), {"operand"}, "too few operands");
  refuses(KernelOf("add.s32 %r2, %r1, 1, 2;"), {"operands"}, "too many operands");
  refuses(KernelOf("add.s32 %r2, %r1, %x;"), {"%x"}, "undeclared register");
  refuses(KernelOf("bra nowhere;"), {"nowhere"}, "unknown label");
  refuses(KernelOf("call vprintf, ();"), {"call"}, "call of nothing");
  refuses(KernelOf("mov.u32 %r2, %clock;"), {"%clock"}, "special register");
  refuses(Replaced(KernelOf(""), ".target sm_75", ""), {".target"}, "no target");
  refuses("garbage", {"line 1"}, "garbage");
  refuses(KernelOf("ld.global.v2.u32 {%r2, %r3, %r4}, [%rd1];"), {"length"}, "vector length");
}

void TestChecks() {
  const auto fails = [](Fault fault, const std::vector<std::string>& words,
                        const std::string& body, unsigned threads, const std::string& what) {
    for (const Schedule& schedule : Schedules()) {
      ExpectFault(fault, words, [&] { RunBody(body, threads, schedule); }, what);
    }
  };
  fails(Fault::kMisalignedAddress, {"kernel k", "line 14", "ld.global.v2", "block (0, 0, 0)",
                                    "thread (0, 0, 0)", "8 bytes"},
        "ld.global.v2.u32 {%r2, %r3}, [%rd1+4];", 1, "misaligned vector");
  fails(Fault::kMisalignedAddress, {"shared"}, "st.shared.u32 [s+2], %r1;", 1, "shared alignment");
  fails(Fault::kIllegalAddress, {"read"}, "ld.global.u32 %r2, [%rd1+256];", 1, "read beyond");
  fails(Fault::kIllegalAddress, {"written"}, "st.global.u32 [%rd1+-4], %r1;", 1, "write before");
  fails(Fault::kIllegalAddress, {"null", "0x0"}, "mov.u64 %rd2, 0; ld.u32 %r2, [%rd2]; // null", 1,
        "null");
  fails(Fault::kIllegalAddress, {"shared memory of 1024"}, "st.shared.u32 [s+1024], %r1;", 1,
        "shared bounds");
  fails(Fault::kIllegalAddress, {"parameters"}, "ld.param.u64 %rd2, [p+8];", 1, "param bounds");
  fails(Fault::kIllegalAddress, {"shared"},
        "cvta.shared.u64 %rd2, 1022; add.s64 %rd2, %rd2, 2; ld.u8 %r2, [%rd2];", 1,
        "generic bounds of shared memory");
  fails(Fault::kIllegalAddress, {"local"},
        ".local .align 8 .b8 l[16]; mov.u64 %rd2, l; ld.local.u64 %rd3, [%rd2+16];", 1,
        "local bounds");
  fails(Fault::kIllegalInstruction, {"never written", "add.s32"}, "add.s32 %r2, %r7, 1;", 1,
        "unwritten register");
  fails(Fault::kIllegalInstruction, {"never written", "line 14"},
        "setp.gt.u32 %p1, %r1, 9; @%p1 mov.u32 %r7, 1; mov.u32 %r8, %r7; add.s32 %r2, %r8, 1;", 1,
        "register written on one path only");
  // The mask and who comes.
  fails(Fault::kLaunchFailed, {"deadlock", "lane 16"},
        "shfl.sync.bfly.b32 %r2, %r1, 1, 31, 0xffffffff;", 16, "lanes that are not there");
  fails(Fault::kLaunchFailed, {"deadlock", "has ended"},
        "setp.eq.u32 %p1, %r1, 3; @%p1 exit; bar.warp.sync 0xffffffff;", 32, "a lane that ended");
  fails(Fault::kLaunchFailed, {"own lane"}, "bar.warp.sync 0x1;", 32, "a mask without oneself");
  fails(Fault::kLaunchFailed, {"not in the mask"},
        "setp.gt.u32 %p1, %r1, 15; @%p1 exit;"
        "shfl.sync.idx.b32 %r2, %r1, 20, 31, 0xffff;", 32, "a lane outside the mask");
  fails(Fault::kLaunchFailed, {"deadlock", "bar.sync", "waits at"},
        "setp.eq.u32 %p1, %r1, 0; @%p1 bra A;\nbar.warp.sync 0xffffffff;\nA:\nbar.sync 0;", 32,
        "a lane that waits elsewhere");
  fails(Fault::kLaunchFailed, {"different barriers"},
        "setp.eq.u32 %p1, %r1, 0; @%p1 bra A;\nbar.sync 0;\nbra B;\nA:\nbar.sync 0;\nB:", 32,
        "divergent barriers");
  fails(Fault::kLaunchFailed, {"deadlock"},
        "setp.lt.u32 %p1, %r1, 32; @%p1 bra A;\nbar.sync 1;\nbra B;\nA:\nbar.sync 0;\nB:", 64,
        "barriers of different numbers");
}

void TestRaces() {
  const auto races = [](const std::string& body, unsigned threads, const std::string& what) {
    for (const Schedule& schedule : Schedules()) {
      ExpectFault(Fault::kLaunchFailed, {"race", "shared"},
                  [&] { RunBody(body + kStoreR2, threads, schedule); }, what);
    }
  };
  const auto runs = [](const std::string& body, unsigned threads, int distance,
                       const std::string& what) {
    for (const Schedule& schedule : Schedules()) {
      const std::vector<int> data = RunBody(body + kStoreR2, threads, schedule);
      for (unsigned k = 0; k < threads; ++k) {
        Expect(data[k] == static_cast<int>(k ^ distance), NameOf(schedule) + what);
      }
    }
  };
  const std::string warp = "bar.warp.sync -1;";
  runs(Neighbours("bar.sync 0;", 32), 64, 32, "neighbours with a barrier");
  runs(Neighbours(warp, 1), 64, 1, "neighbours in a warp");
  races(Neighbours("", 1), 64, "no barrier");
  races(Neighbours(warp, 32), 64, "a warp's barrier for two warps");
  // The second write must wait for the first reads.
  const std::string again = "add.s32 %r8, %r1, 0; st.shared.u32 [%r5], %r3;\n";
  races(Neighbours("bar.sync 0;", 32) + again, 64, "write after read");
  runs(Neighbours("bar.sync 0;", 32) + "bar.sync 0;" + again, 64, 32, "write after a barrier");
  races("st.shared.u32 [s], %r1; mov.u32 %r2, 0;", 32, "different values at one place");
  runs("st.shared.u32 [s], 5; mov.u32 %r2, %r1;", 32, 0, "the same value at one place");
  races("atom.shared.add.u32 %r3, [s], 1; ld.shared.u32 %r2, [s];", 64, "read beside atomics");
  // Neighbouring bytes are different places.
  runs("mov.u32 %r3, s; add.s32 %r3, %r3, %r1; st.shared.u8 [%r3], %r1; bar.sync 0;"
       "ld.shared.u8 %r2, [%r3];", 64, 0, "bytes");
  const auto missing = ptx::Module::Parse(Replaced(ReadFile("softmax.ptx"), "bar.sync", "//"));
  for (const Schedule& schedule : Schedules()) {
    SoftmaxCase block(9, 1028);
    ExpectFault(Fault::kLaunchFailed, {"race", "kernel softmax_block"}, [&] {
      Run(*missing, "softmax_block", 9, 256, Parameters().Add(block.parameters), block.memory,
          schedule, 1028 * 4);
    }, "softmax without its barrier");
  }
}

void TestSoftmaxFaults() {
  const auto module = ptx::Module::Parse(ReadFile("softmax.ptx"));
  const auto run = [&](const SoftmaxCase& softmax, const char* kernel, unsigned threads,
                       std::size_t shared) {
    Run(*module, kernel, 1, threads, Parameters().Add(softmax.parameters), softmax.memory,
        Schedule(), shared);
  };
  SoftmaxCase block(2, 1028);
  ExpectFault(Fault::kIllegalAddress, {"st.shared.v4", "shared memory of 1088"},
              [&] { run(block, "softmax_block", 256, 1024); }, "too little dynamic memory");
  block.parameters.input += 1;
  ExpectFault(Fault::kMisalignedAddress, {"ld.global.nc.v4.f32", "16 bytes"},
              [&] { run(block, "softmax_block", 256, 1028 * 4); }, "misaligned float4");
  block.parameters.input += 3;
  block.parameters.strides[0][0] = 1028 * 2;
  Run(*module, "softmax_block", 1, 256, Parameters().Add(block.parameters), block.memory,
      Schedule(), 1028 * 4);
  block.parameters.classes = 1028 * 2;
  ExpectFault(Fault::kIllegalAddress, {"ld.global.nc.v4.f32", "read"},
              [&] { run(block, "softmax_block", 256, 1028 * 8); }, "read beyond the input");
  SoftmaxCase warp(3, 40);
  warp.parameters.lanes = 32;
  ExpectFault(Fault::kLaunchFailed, {"shfl.sync.bfly", "lane 16", "thread (32, 0, 0)"},
              [&] { run(warp, "softmax_warp", 48, 0); }, "a block of one warp and a half");
}

}  // namespace ptx_test
