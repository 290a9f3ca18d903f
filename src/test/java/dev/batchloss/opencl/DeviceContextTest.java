package dev.batchloss.opencl;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.jupiter.api.Timeout.ThreadMode.SEPARATE_THREAD;

import dev.batchloss.data.DeviceException;
import dev.batchloss.device.NativeHandle;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jocl.CL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The wrappers on a real device. */
@Timeout(value = 5, unit = MINUTES, threadMode = SEPARATE_THREAD)
class DeviceContextTest {
  private static final int COUNT = 1000;
  private static final long BYTES = COUNT * (long) Integer.BYTES;
  private static final String OPTIONS = "-cl-std=CL1.2";
  private static final String ADD =
      """
      kernel void add(global int *out, global const int *in, int a, long b, float c) {
        size_t i = get_global_id(0);
        out[i] = (in ? in[i] : 0) + a + (int)(b >> 32) + (int)c;
      }
      """;

  private long liveBefore;
  private DeviceContext context;
  private CommandQueue queue;
  private Program program;
  private Kernel add;
  private Arena arena;
  private MemorySegment input;
  private MemorySegment output;

  @BeforeEach
  void open() {
    Device device = TestDevice.find();
    liveBefore = NativeHandle.live();
    context = DeviceContext.open(device);
    queue = context.newQueue();
    program = context.build(List.of(ADD), OPTIONS);
    add = program.kernel("add");
    add.set(2, 3);
    add.set(3, 40L << 32);
    add.set(4, 500f);
    arena = Arena.ofShared();
    input = arena.allocate(BYTES, 128);
    output = arena.allocate(BYTES, 128);
    for (int i = 0; i < COUNT; i++) {
      input.setAtIndex(JAVA_INT, i, i * i);
    }
  }

  @AfterEach
  void close() {
    CL.setExceptionsEnabled(false);
    if (context == null) {
      return;
    }
    queue.finish();
    List.of(add, program, queue, context).forEach(NativeHandle::close);
    arena.close();
    // Not equal: what other tests forgot may have been released meanwhile.
    assertThat(NativeHandle.live()).isLessThanOrEqualTo(liveBefore);
  }

  private void assertSums(int added) {
    for (int i = 0; i < COUNT; i++) {
      assertThat(output.getAtIndex(JAVA_INT, i)).as("number %d", i).isEqualTo(i * i + added);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aKernelComputesFromWhatWasWrittenToWhatIsRead(boolean exceptions) {
    CL.setExceptionsEnabled(exceptions);
    try (DeviceBuffer in = context.allocate(BYTES);
        DeviceBuffer out = context.allocate(BYTES)) {
      queue.write(in, 0, input);
      add.set(0, out);
      add.set(1, in);
      queue.launch(add, new long[] {COUNT}, null);
      queue.read(out, 0, output);
      try (Event marker = queue.marker()) {
        queue.flush();
        marker.waitFor();
      }
    }
    assertSums(543);
  }

  @Test
  void waitingForAMarkerWaitsForWhatIsBeforeIt() {
    String count =
        """
        kernel void count(global int *out, int rounds) {
          uint x = 1;
          for (int i = 0; i < rounds; i++) {
            x = x * 1664525u + 1013904223u;
          }
          out[get_global_id(0)] = (int)(x | 1u);
        }
        """;
    try (Program counting = context.build(List.of(count), OPTIONS);
        Kernel kernel = counting.kernel("count");
        DeviceBuffer out = context.allocate(BYTES)) {
      kernel.set(0, out);
      kernel.set(1, 10_000_000);
      queue.launch(kernel, new long[] {4}, new long[] {1});
      queue.read(out, 0, output.asSlice(0, 16));
      try (Event marker = queue.marker()) {
        queue.flush();
        marker.waitFor();
        assertThat(output.getAtIndex(JAVA_INT, 0)).isNotZero();
      }
    }
  }

  @Test
  void transfersTakeOffsetsAndParts() {
    long part = BYTES / 4;
    try (DeviceBuffer buffer = context.allocate(BYTES)) {
      queue.write(buffer, 0, input);
      queue.write(buffer, part, input.asSlice(0, part));
      queue.read(buffer, part, output.asSlice(2 * part, part));
      queue.read(buffer, 3 * part, output.asSlice(0, part));
      queue.read(buffer, BYTES, output.asSlice(0, 0));
      queue.finish();
    }
    assertThat(output.asSlice(2 * part, part).mismatch(input.asSlice(0, part))).isEqualTo(-1);
    assertThat(output.asSlice(0, part).mismatch(input.asSlice(3 * part, part))).isEqualTo(-1);
  }

  @Test
  void aBufferMayBeLeftOut() {
    try (DeviceBuffer out = context.allocate(BYTES)) {
      add.set(0, out);
      add.set(1, (DeviceBuffer) null);
      queue.launch(add, new long[] {COUNT}, new long[] {10});
      queue.read(out, 0, output);
      queue.finish();
    }
    assertThat(output.getAtIndex(JAVA_INT, COUNT - 1)).isEqualTo(543);
  }

  @Test
  void kernelsWorkOnHostMemoryInPlace() {
    try (DeviceBuffer in = context.wrap(input.asReadOnly(), Access.READ);
        DeviceBuffer out = context.wrap(output, Access.WRITE)) {
      assertThat(out.isWrapped()).isTrue();
      add.set(0, out);
      add.set(1, in);
      queue.launch(add, new long[] {COUNT}, null);
      Mapping mapping = queue.map(out, Access.READ);
      queue.finish();
      assertSums(543);
      queue.unmap(mapping);

      Mapping inputs = queue.map(in, Access.WRITE);
      queue.finish();
      input.setAtIndex(JAVA_INT, 7, -1000);
      queue.unmap(inputs);
      queue.launch(add, new long[] {COUNT}, null);
      mapping = queue.map(out, Access.READ);
      queue.finish();
      assertThat(output.getAtIndex(JAVA_INT, 7)).isEqualTo(-457);
      queue.unmap(mapping);
      queue.finish();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aBuildFailureBringsTheCompilersLog(boolean exceptions) {
    CL.setExceptionsEnabled(exceptions);
    assertThatExceptionOfType(DeviceException.class)
        .isThrownBy(
            () -> context.build(List.of("kernel void f() { undeclaredName = 1; }"), "-DX=7"))
        .withMessageContaining("undeclaredName")
        .withMessageContaining("-DX=7")
        .satisfies(e -> assertThat(e.code()).isEqualTo(CL.CL_BUILD_PROGRAM_FAILURE));
    assertThatExceptionOfType(DeviceException.class)
        .isThrownBy(() -> context.build(List.of("#error stop here"), OPTIONS))
        .withMessageContaining("stop here");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void failuresNameTheCodeAndWhatWasDone(boolean exceptions) {
    CL.setExceptionsEnabled(exceptions);
    assertThatExceptionOfType(DeviceException.class)
        .isThrownBy(() -> program.kernel("subtract"))
        .withMessageContaining("subtract")
        .withMessageContaining("CL_INVALID_KERNEL_NAME");
    assertThatExceptionOfType(DeviceException.class)
        .isThrownBy(() -> add.set(9, 1))
        .withMessageContaining("argument 9 of kernel add")
        .withMessageContaining("CL_INVALID_ARG_INDEX");
    assertThatExceptionOfType(DeviceException.class)
        .isThrownBy(() -> context.allocate(1L << 50))
        .satisfies(e -> assertThat(ErrorCodes.isOutOfMemory(e.code())).isTrue());
    assertThat(ErrorCodes.isOutOfMemory(CL.CL_INVALID_ARG_INDEX)).isFalse();
  }

  @Test
  void badArgumentsAreRefused() {
    MemorySegment onHeap = MemorySegment.ofArray(new byte[16]);
    assertThatIllegalArgumentException().isThrownBy(() -> context.allocate(0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> context.wrap(onHeap, Access.READ))
        .withMessageContaining("on the Java heap");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> context.wrap(output.asReadOnly(), Access.WRITE));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> context.wrap(output.asSlice(0, 0), Access.READ));
    try (DeviceBuffer buffer = context.allocate(16)) {
      assertThatIllegalArgumentException().isThrownBy(() -> queue.write(buffer, 0, onHeap));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> queue.read(buffer, 0, output.asSlice(0, 16).asReadOnly()));
      assertThatExceptionOfType(IndexOutOfBoundsException.class)
          .isThrownBy(() -> queue.write(buffer, 1, output.asSlice(0, 16)));
      assertThatExceptionOfType(IndexOutOfBoundsException.class)
          .isThrownBy(() -> queue.read(buffer, -1, output.asSlice(0, 16)));
    }
  }

  @Test
  void whatIsClosedCannotBeUsed() {
    DeviceBuffer buffer = context.allocate(BYTES);
    add.set(0, buffer);
    add.set(1, (DeviceBuffer) null);
    buffer.close();
    buffer.close();
    assertThatIllegalStateException()
        .isThrownBy(() -> queue.launch(add, new long[] {COUNT}, null))
        .withMessage("the buffer is closed");
    assertThatIllegalStateException().isThrownBy(() -> queue.write(buffer, 0, input));
    assertThatIllegalStateException().isThrownBy(() -> add.set(0, buffer));
    CommandQueue other = context.newQueue();
    other.close();
    assertThatIllegalStateException().isThrownBy(other::finish);
    assertThatIllegalStateException().isThrownBy(other::marker);
    DeviceContext another = DeviceContext.open(TestDevice.find());
    another.close();
    assertThatIllegalStateException().isThrownBy(() -> another.allocate(1));
    assertThatIllegalStateException().isThrownBy(another::newQueue);
  }

  @Test
  void aForgottenBufferIsReleased() {
    long before = NativeHandle.live();
    assertThat(context.allocate(BYTES).bytes()).isEqualTo(BYTES);
    collectUntilLive(before);
  }

  @Test
  void aBufferThatIsAnArgumentIsNotForgotten() {
    add.set(0, context.allocate(BYTES));
    add.set(1, (DeviceBuffer) null);
    long live = NativeHandle.live();
    assertThat(context.allocate(BYTES).bytes()).isEqualTo(BYTES);
    collectUntilLive(live);
    assertThat(NativeHandle.live()).isEqualTo(live);
    queue.launch(add, new long[] {COUNT}, null);
    queue.finish();

    add.set(0, (DeviceBuffer) null);
    collectUntilLive(live - 1);
  }

  private static void collectUntilLive(long atMost) {
    while (NativeHandle.live() > atMost) {
      System.gc();
      Thread.onSpinWait();
    }
  }

  @Test
  void eightThreadsShareAContext() throws Exception {
    try (ProgramCache programs = new ProgramCache(context);
        ExecutorService executor = Executors.newFixedThreadPool(8)) {
      List<Future<Program>> built = new ArrayList<>();
      for (int thread = 0; thread < 8; thread++) {
        int added = thread;
        built.add(
            executor.submit(
                () -> {
                  Program smoke = programs.get(List.of(SmokeTest.SOURCE), OPTIONS);
                  try (CommandQueue own = context.newQueue();
                      Kernel kernel = program.kernel("add")) {
                    for (int round = 0; round < 50; round++) {
                      computeAndCheck(own, kernel, added + round);
                    }
                  }
                  return smoke;
                }));
      }
      Program first = built.getFirst().get();
      for (Future<Program> other : built) {
        assertThat(other.get()).isSameAs(first);
      }
      assertThat(programs.get(List.of(SmokeTest.SOURCE), OPTIONS)).isSameAs(first);
      assertThat(programs.get(List.of(SmokeTest.SOURCE), OPTIONS + " -DX=1")).isNotSameAs(first);
    }
  }

  private void computeAndCheck(CommandQueue own, Kernel kernel, int added) {
    try (Arena mine = Arena.ofShared();
        DeviceBuffer in = context.allocate(BYTES);
        DeviceBuffer out = context.allocate(BYTES)) {
      MemorySegment result = mine.allocate(BYTES, 128);
      own.write(in, 0, input);
      kernel.set(0, out);
      kernel.set(1, in);
      kernel.set(2, added);
      kernel.set(3, 0L);
      kernel.set(4, 0f);
      own.launch(kernel, new long[] {COUNT}, null);
      own.read(out, 0, result);
      own.finish();
      for (int i = 0; i < COUNT; i++) {
        assertThat(result.getAtIndex(JAVA_INT, i)).isEqualTo(i * i + added);
      }
    }
  }

  @Test
  void aProgramThatFailsToBuildIsNotKept() {
    try (ProgramCache programs = new ProgramCache(context)) {
      List<Throwable> failures = new ArrayList<>();
      for (int attempt = 0; attempt < 2; attempt++) {
        assertThatExceptionOfType(DeviceException.class)
            .isThrownBy(() -> programs.get(List.of(SmokeTest.SOURCE), "-Dkernel=oops"))
            .satisfies(failures::add);
      }
      assertThat(failures.get(1)).isNotSameAs(failures.get(0));
      assertThatIllegalStateException()
          .isThrownBy(() -> programs.get(List.of("missing"), OPTIONS))
          .withMessageContaining("missing.cl");
    }
  }
}
