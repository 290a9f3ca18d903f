// Instructions that compiled kernels have few of, one at a time.
#include "ptx_test.h"

namespace ptx_test {

void TestInstructions() {
  const auto one = [](const std::string& body) { return RunBody(body + kStoreR2, 1)[0]; };
  Expect(one("mov.b32 %r3, 0xf0f0; bfe.s32 %r2, %r3, 4, 8;") == 0xf, "bfe.s32");
  Expect(one("mov.b32 %r3, 0x880; bfe.s32 %r2, %r3, 4, 8;") == -120, "bfe.s32 of a sign");
  Expect(one("mov.b32 %r3, 5; bfi.b32 %r2, %r3, -1, 8, 4;") == static_cast<int>(0xfffff5ff), "bfi");
  Expect(one("mov.b32 %r3, 12; mov.b32 %r4, 10; mov.b32 %r5, 9;"
             "lop3.b32 %r2, %r3, %r4, %r5, 0xE8;") == 8 + 0 + 0, "lop3 majority");
  Expect(one("mov.b32 %r3, 7; shl.b32 %r2, %r3, 32;") == 0, "shl by all");
  Expect(one("mov.b32 %r3, -7; shr.s32 %r2, %r3, 99;") == -1, "shr.s32 by more");
  Expect(one("mov.f32 %f1, 0fFFC00000; mov.f32 %f2, 0f3F800000; max.f32 %f3, %f1, %f2;"
             "mov.b32 %r2, %f3;") == 0x3f800000, "max of a NaN");
  Expect(one("mov.f32 %f1, 0fFFC00000; add.f32 %f3, %f1, %f1; mov.b32 %r2, %f3;") == 0x7fffffff,
         "canonical NaN");
  Expect(one("mov.f32 %f1, 0f00000001; add.ftz.f32 %f3, %f1, %f1; mov.b32 %r2, %f3;") == 0, "ftz");
  Expect(one("mov.f32 %f1, 0f3F800000; fma.rp.f32 %f2, %f1, 0f3F800000, 0f00000001;"
             "mov.b32 %r2, %f2;") == 0x3f800001, "fma.rp");
  Expect(one("mov.f32 %f1, 0f3F800000; fma.rm.f32 %f2, %f1, 0f3F800000, 0f80000001;"
             "mov.b32 %r2, %f2;") == 0x3f7fffff, "fma.rm");
  Expect(one("mov.f32 %f1, 0f3F800000; sub.rm.f32 %f2, %f1, %f1; mov.b32 %r2, %f2;") ==
             static_cast<int>(0x80000000), "zero of sub.rm");
  Expect(one("mov.b64 %rd4, 0x100000002; mov.b64 {%r3, %r4}, %rd4;"
             "mad.lo.s32 %r2, %r3, 10, %r4;") == 21, "unpack");
  Expect(one("setp.eq.u32 %p1, %r1, 0; setp.lt.or.f32 %p2|%p3, 0f7FC00000, 0f00000000, !%p1;"
             "selp.b32 %r2, 1, 0, %p2; @%p3 add.s32 %r2, %r2, 4;") == 4, "setp.lt.or of a NaN");
  Expect(one("mov.u32 %r3, 1;\nts: .branchtargets A, B;\nbrx.idx %r3, ts;\n"
             "A: mov.u32 %r2, 5; bra C;\nB: mov.u32 %r2, 6;\nC:") == 6, "brx.idx");
  Expect(one("mov.u32 %r3, -1; add.cc.u32 %r4, %r3, 1; addc.u32 %r2, 4, 0;") == 5, "carry");
  Expect(one("mov.u32 %r3, s; cvta.shared.u64 %rd4, 16; st.u32 [%rd4+4], 9;"
             "ld.shared.u32 %r2, [%r3+20];") == 9, "generic address of shared memory");
  Expect(one("ld.shared.u32 %r2, [s+64];") == static_cast<int>(0xcdcdcdcd), "poison");
  Expect(one("{ .reg .b16 a, b; mov.b32 {a, b}, 0x3c004000; add.f16 a, a, b;"
             "cvt.u32.u16 %r2, a; }") == 0x4200, "half addition");
  const std::vector<int> shuffled = RunBody(
      "add.s32 %r3, %r1, 100; shfl.sync.idx.b32 %r2|%p1, %r3, 3, 0x181f, 0xffffffff;" + kStoreR2,
      32);
  for (int k = 0; k < 32; ++k) Expect(shuffled[k] == 100 + k / 8 * 8 + 3, "shfl.idx of width 8");
  const std::vector<int> up = RunBody(
      "shfl.sync.up.b32 %r2|%p1, %r1, 2, 0, 0xffffffff; @!%p1 mov.u32 %r2, 77;" + kStoreR2, 32);
  for (int k = 0; k < 32; ++k) Expect(up[k] == (k < 2 ? 77 : k - 2), "shfl.up");
  // Threads that have ended do not hold up a barrier.
  const std::vector<int> ended = RunBody(
      "setp.lt.u32 %p1, %r1, 40; @!%p1 exit; bar.sync 0; mov.u32 %r2, 1;" + kStoreR2, 64);
  Expect(ended[0] == 1 && ended[39] == 1 && ended[40] == 0, "bar.sync beside ended threads");
  const std::vector<int> unaligned = RunBody(
      "setp.eq.u32 %p1, %r1, 0; @%p1 bra A;\nbarrier.sync 0;\nbra B;\nA:\nbarrier.sync 0;\nB:"
      "mov.u32 %r2, 3;" + kStoreR2, 32);
  Expect(unaligned[0] == 3 && unaligned[31] == 3, "barrier.sync at different places");
  // A move may carry a value that was never written, as long as nobody looks at it.
  Expect(one("mov.u32 %r4, %r5; setp.eq.u32 %p1, %r1, 0; @%p1 mov.u32 %r4, 8;"
             "mov.u32 %r2, %r4;") == 8, "move of what was never written");
}

}  // namespace ptx_test
